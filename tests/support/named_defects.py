"""The defects that have names of their own since the catalogue began: people use these names, so they stay."""

# clause, level: names
_TABLE = """
G3 documented: no-key-served any-key-served any-aio-key-served status-without-key uploads-with-any-key
  empty-key-served key-prefix-served key-suffix-served wrong-key-403 no-key-400
  auth-error-mistyped
G2 inferred: basic-scheme-served bare-key-served key-in-another-header
G8 assumed: body-before-key poor-first
C1 corroborated: task-id-refused
C1 documented: camel-task-id-refused
G7 inferred: missing-task-id-404 missing-query-404 malformed-json-500 malformed-json-422 array-500 number-id-500
  number-id-404 invalid-params-422 texts-of-any-type mode-as-anything empty-body-500
U1 corroborated: missing-audio-id-404
C8 documented: camel-query cover-code-text no-created-at image-objects image-paths
U4 documented: mode-on-by-default
U5 documented: prompt-not-needed null-prompt-served
U5 assumed: empty-prompt-served
U6 documented: style-needed
U6 assumed: style-refused title-limited style-limited prompt-limited
U7 inferred: any-callback-url
U7 documented: callback-url-refused callback-lost
G5 corroborated: flat-errors detail-errors error-code-text error-without-type error-without-message html-errors
G1 documented: status-elsewhere
G1 inferred: plain-text
C4 documented: errors-with-200 unknown-music-400
G4 documented: bad-request-mistyped not-found-mistyped
C2 documented: started-with-201 cover-says-message cover-says-task-id cover-without-data
U8 documented: upload-says-msg upload-says-camel-id
U9 documented: upload-code-zero complete-as-success complete-in-capitals clip-without-id clip-without-image
  clip-without-audio
C13 documented: created-at-epoch created-at-local
C12 documented: unknown-cover-shown unknown-cover-400
U3 documented: unknown-audio-served
U3 corroborated: unknown-audio-400
U12 documented: unknown-upload-shown
U12 corroborated: unknown-upload-410
G9 assumed: foreign-task-shown foreign-music-covered foreign-task-403
G12 assumed: unknown-path-html unknown-path-400 wrong-method-404 no-allow-header put-served
C14 assumed: old-paths-served
C3 documented: running-music-covered first-clip-covered
C3 inferred: running-music-404 running-music-409
C5 documented: second-cover-served second-cover-while-running second-cover-after-success second-cover-409
U2 documented: short-audio-served long-audio-served
U2 inferred: six-seconds-refused sixty-seconds-refused
U2 corroborated: length-404 length-422
G6 documented: poor-served
G6 assumed: poor-403 poor-400
C6 corroborated: status-costs
U14 inferred: new-music-unknown
G13 assumed: covers-never-end music-never-ends unknown-at-first
G13 inferred: status-goes-back end-changes
G14 inferred: ids-repeated another-id-shown
C7 documented: one-image three-images same-images no-images
C11 assumed: early-images null-images
C9 documented: success-in-small-letters success-as-completed
C10 inferred: progress-as-processing
C13 assumed: created-at-moves image-urls-move
U10 corroborated: pending-as-queued first-as-streaming
U11 assumed: clips-before-first same-clip-ids
U11 corroborated: two-clips-at-first no-clip-at-first
U11 documented: no-clips
U7 assumed: callback-twice callback-early callback-once callback-for-ever callback-of-another-form
  callback-of-another-task callback-unfinished callback-without-clips callback-with-key
G15 assumed: nul-500 surrogate-500 deep-500 big-500 bad-utf8-500 big-dropped malformed-dropped nul-dropped
  status-truncated malformed-slow unknown-music-500
"""


def named_defects() -> dict[str, tuple[str, str]]:
    """Return the clause and the level of each name."""
    found: dict[str, tuple[str, str]] = {}
    for row in _TABLE.replace("\n  ", " ").strip().splitlines():
        head, _, names = row.partition(": ")
        clause, level = head.split()
        found |= dict.fromkeys(names.split(), (clause, level))
    return found
