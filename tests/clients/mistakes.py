"""The mistakes that `job.py` can make, each with the scenario that shows it and the rule that it breaks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """A mistake of a client: made in this flow and scenario, it breaks this rule."""

    name: str
    flow: str
    scenario: str
    rule: str


def _rows(flow: str, scenario: str, **names: str) -> list[Mistake]:
    return [Mistake(name.replace("_", "-"), flow, scenario, rule.replace("_", "-")) for name, rule in names.items()]


REQUEST = [
    Mistake(name, flow, "happy", rule)
    for flow, rule, names in (
        ("cover", "key-in-header", "no-key basic-auth bare-key x-api-key"),
        ("cover", "own-key", "wrong-key quoted-key key-literal"),
        ("cover", "key-nowhere-else", "key-in-query key-in-poll key-in-header-and-x"),
        ("cover", "json-type", "no-content-type text-plain form"),
        ("cover", "json-body", "in-query single-quotes trailing-comma no-body half-body duplicate-key"),
        ("upload", "json-body", "latin-1"),
        ("cover", "valid-request", "doubly-encoded taskID task-wrapped task-number task-null task-empty task-list"),
        ("cover", "valid-request", "top-level-list top-level-text empty-object camel-query no-query two-ids"),
        ("cover", "valid-request", "id-in-body"),
        ("upload", "valid-request", "audioId no-audio custom-text custom-number custom-no-prompt custom-empty-prompt"),
        ("upload", "valid-request", "prompt-null style-list title-number audio-number"),
        ("webhook", "valid-request", "bad-callback"),
        ("cover", "no-leftovers", "work-id v2-path api-v2-path v2-poll"),
        ("cover", "known-path", "trailing-slash no-prefix typo double-slash upper id-in-path"),
        ("cover", "right-method", "start-by-get start-by-put poll-by-post"),
        ("cover", "known-names", "extra-field extra-query"),
        ("upload", "known-names", "callbackUrl"),
        ("upload", "absent-left-out", "all-null callback-null callback-empty"),
        ("cover", "given-source", "wrong-source"),
        ("upload", "given-source", "wrong-source"),
        ("cover", "given-task", "polls-source polls-constant other-operation"),
        ("upload", "given-task", "polls-source other-operation"),
    )
    for name in names.split()
] + [
    Mistake("source-encoded", "cover", "odd-ids", "given-source"),
    Mistake("not-encoded", "cover", "odd-ids", "given-task"),
    Mistake("not-encoded", "upload", "odd-ids", "given-task"),
    Mistake("space-encoded-only", "cover", "odd-ids", "given-task"),
    Mistake("encoded-twice", "upload", "odd-ids", "given-task"),
]  # fmt: skip

BEHAVIOUR = [
    Mistake(name, flow, scenario, rule)
    for flow, scenario, rule, names in (
        ("cover", "happy", "pays-once", "starts-twice"),
        ("upload", "happy", "pays-once", "starts-twice"),
        ("cover", "slow-start", "pays-once", "retries-slow-start"),
        ("upload", "slow-start", "pays-once", "retries-slow-start"),
        ("cover", "start-reset", "pays-once", "retries-start-reset"),
        ("upload", "start-reset", "pays-once", "retries-start"),
        ("cover", "start-breaks", "pays-once", "retries-start-5xx retries-start-500"),
        ("upload", "start-unavailable", "pays-once", "retries-start-5xx retries-start-503"),
        ("upload", "poll-breaks", "pays-once", "pays-again-on-5xx"),
        ("cover", "poll-reset", "pays-once", "pays-again-when-poll-is-reset"),
        ("upload", "poll-slow", "pays-once", "pays-again-when-poll-is-slow"),
        ("upload", "task-fails", "pays-once", "restarts-failed"),
        ("cover", "task-fails", "pays-once", "restarts-failed"),
        ("webhook", "webhook-twice", "pays-once", "pays-on-second"),
        ("cover", "refused", "no-hopeless-repeat", "repeats-400"),
        ("upload", "unauthorized", "no-hopeless-repeat", "repeats-401"),
        ("cover", "no-credits", "no-hopeless-repeat", "repeats-402"),
        ("upload", "unknown-source", "no-hopeless-repeat", "repeats-404"),
        ("cover", "key-revoked", "no-hopeless-repeat", "polls-on-after-401"),
        ("cover", "start-limited", "respects-retry-after", "ignores-retry-after-on-start"),
        ("cover", "poll-limited", "respects-retry-after", "ignores-retry-after"),
        ("upload", "poll-unavailable", "respects-retry-after", "ignores-retry-after-503"),
        ("cover", "never-ends", "no-busy-loop", "busy-loop too-fast"),
        ("upload", "never-ends", "no-busy-loop", "busy-loop"),
        ("cover", "happy", "stops-at-the-end", "polls-on"),
        ("upload", "happy", "stops-at-the-end", "polls-on"),
        ("cover", "happy", "sees-the-end", "forgets-the-task one-poll"),
        ("upload", "happy", "sees-the-end", "forgets-the-task one-poll"),
        ("upload", "every-state", "sees-the-end", "stops-at-first"),
        ("cover", "every-state", "sees-the-end", "stops-at-first"),
        ("cover", "poll-breaks", "sees-the-end", "success-on-5xx"),
        ("cover", "poll-reset", "sees-the-end", "success-on-reset"),
        ("cover", "every-state", "succeeds", "wants-images-at-once refuses-empty"),
        ("upload", "every-state", "succeeds", "wants-two-clips refuses-empty"),
        ("cover", "happy", "succeeds", "waits-for-wrong-word fails-after-success"),
        ("cover", "task-fails", "reports-failure", "hides-failure failed-is-success"),
        ("upload", "task-fails", "reports-failure", "hides-failure failed-is-success"),
        ("cover", "refused", "reports-failure", "ignores-400 hides-failure"),
        ("upload", "unauthorized", "reports-failure", "ignores-401"),
        ("upload", "no-credits", "reports-failure", "ignores-402"),
        ("cover", "unknown-source", "reports-failure", "ignores-404"),
        ("upload", "key-revoked", "reports-failure", "ignores-errors"),
        ("cover", "never-ends", "reports-failure", "gives-up-with-0"),
        ("cover", "never-ends", "gives-up", "never-gives-up"),
        ("upload", "never-ends", "gives-up", "never-gives-up"),
        ("cover", "task-fails", "stops-at-the-end", "never-notices-failure"),
        ("webhook", "happy", "answers-webhook", "hook-500 hook-404 hook-drops"),
        ("webhook", "happy", "answers-webhook", "hook-hangs"),
        ("webhook", "webhook-twice", "answers-webhook", "hook-refuses-second"),
        ("webhook", "webhook-twice", "succeeds", "hook-dies-on-second"),
        ("webhook", "webhook-lost", "falls-back", "trusts-webhook fails-without-webhook"),
    )
    for name in names.split()
]  # fmt: skip

MISTAKES = [*REQUEST, *BEHAVIOUR]
WELL = ("cover", "upload", "webhook")
HARMLESS = {
    "cover": ["probes", "fails-on-5xx", "polls-late", "polls-once-more"],
    "upload": ["custom-right", "not-custom", "all-null", "callback-empty"],
    "webhook": ["lingers", "no-receiver"],
}
