# ruff: noqa: E501 - the lines are a contract's
"""How an operation is added: the five places of a contract that a new pair of operations is written into.

`examples/contracts/remix.yaml` is gateway.yaml with these; `python tests/support/remix.py` writes it anew.
"""

from pathlib import Path

ROOT = Path(__file__).parents[2]
REMIX = ROOT / "examples" / "contracts" / "remix.yaml"

_HEAD = """\
# gateway.yaml with one more pair of operations on a lifecycle that is there: remixes, with numbers in the body.
# Written by tests/support/remix.py from openapi/gateway.yaml; edit there.
#
"""
_PATHS = """\
  /api/v1/audio/music/remix/generate:
    post:
      operationId: startRemix
      tags: [music from upload]
      summary: Start a music task that plays uploaded audio at another tempo.
      x-clause: X1
      x-handler: start
      x-task: music
      x-credits: {min: 2, max: 3, clause: X4}
      x-id-prefix: rmx
      x-preconditions:
        - {check: source-known, kind: audio, id: [body.audio_id], error: audio-not-found}
        - {check: source-within, of: seconds, min: 6, max: 60, error: audio-length}
        - {check: affordable, error: insufficient-credits}
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              x-clause: X1
              required: [audio_id, tempo]
              properties:
                audio_id:
                  type: string
                  minLength: 1
                  x-open: [empty, odd]
                  x-clause: X1
                  description: The id of the uploaded audio file.
                tempo:
                  type: number
                  minimum: 0.5
                  maximum: 2
                  x-clause: X1#2
                  description: How fast it is to be, 1 as it is.
                seed: {type: integer, minimum: 0, maximum: 65535, x-clause: X1#3, description: What chance is made from.}
            examples:
              faster: {summary: A little faster., value: {audio_id: aud123456789, tempo: 1.25}}
              chosen: {summary: With a seed., value: {audio_id: aud123456789, tempo: 0.5, seed: 7}}
      responses:
        '200':
          description: The task was accepted.
          x-clause: X2
          content:
            application/json:
              schema: {$ref: '#/components/schemas/UploadCoverAccepted'}
              examples:
                accepted:
                  value: {code: 200, message: success, data: {task_id: rmx5551212}}
          links:
            poll:
              operationId: getRemixStatus
              description: Poll the task with the id just returned.
              parameters: {task_id: $response.body#/data/task_id}
        '400':
          description: A body that is not as described, or audio outside 6 to 60 seconds.
          x-clause: X1#4
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Error'}
              examples:
                tooFast:
                  value:
                    error:
                      code: 400
                      type: bad_request
                      message: 'Invalid params: body.tempo: expected at most 2, received 3 (X1).'
        '401': {$ref: '#/components/responses/Unauthorized'}
        '402': {$ref: '#/components/responses/InsufficientCredits'}
        '404':
          description: Audio id not found.
          x-clause: X1#5
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Error'}
              examples:
                unknownAudio:
                  value:
                    error:
                      code: 404
                      type: not_found
                      message: >-
                        Audio ID not found: expected the id of an uploaded audio file, received
                        'aud_unknown'. Upload the audio first.
        '413': {$ref: '#/components/responses/TooLarge'}

  /api/v1/audio/music/remix/status:
    get:
      operationId: getRemixStatus
      tags: [music from upload]
      summary: Poll a remix.
      x-clause: X3
      x-handler: show
      x-task: music
      x-preconditions:
        - check: task-known
          lifecycle: music
          started_by: startRemix
          id: [query.task_id]
          error: remix-not-found
      parameters:
        - name: task_id
          in: query
          required: true
          x-open: [empty, odd]
          x-clause: X3
          description: The task id returned by `remix/generate`.
          schema: {type: string, minLength: 1}
          examples:
            accepted: {value: rmx5551212}
      responses:
        '200':
          description: The task as it is now.
          x-clause: X3
          content:
            application/json:
              schema: {$ref: '#/components/schemas/UploadCoverStatus'}
              examples:
                pending:
                  value:
                    code: 200
                    message: success
                    data: {task_id: rmx5551212, status: pending, clips: [], created_at: '2026-02-24T12:00:30Z'}
        '400': {$ref: '#/components/responses/MissingTaskId'}
        '401': {$ref: '#/components/responses/Unauthorized'}
        '404':
          description: Remix not found, or it belongs to another account (G9).
          x-clause: X3#2
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Error'}
              examples:
                unknownRemix:
                  value:
                    error:
                      code: 404
                      type: not_found
                      message: >-
                        Remix not found: expected the id that remix/generate returned to this account,
                        received 'rmx_unknown'. Check the id and the key.
        '413': {$ref: '#/components/responses/TooLarge'}

"""
_ERRORS = """\
  remix-not-found:
    {status: 404, type: not_found, clause: X3, message: 'Remix not found: expected the id that remix/generate returned to this account, received {received}. Check the id and the key.'}
"""
_CLAUSES = """\
  X1:
    - {level: documented, source: this file, sentence: 'The body has audio_id, a string, and tempo; both are required.'}
    - {level: documented, source: this file, sentence: tempo is a number from 0.5 to 2.}
    - {level: documented, source: this file, sentence: seed is an optional integer from 0 to 65535.}
    - {level: documented, about: [status, type], source: this file, sentence: Anything else gives 400 bad_request.}
    - {level: documented, about: [status, type], source: this file, sentence: An unknown audio_id gives 404 not_found.}
  X2:
    - {level: documented, source: this file, sentence: 'The answer is that of upload-cover/generate (U8).'}
  X3:
    - {level: documented, source: this file, sentence: 'Status takes ?task_id= and answers as upload-cover/status does (U9 to U11).'}
    - {level: documented, about: [status, type], source: this file, sentence: An unknown remix gives 404 not_found.}
  X4:
    - {level: documented, source: this file, sentence: A remix costs 2 or 3 credits.}
"""
# What each piece is put before, in a contract's text.
PLACES = (
    (_HEAD, "# The contract of the four"),
    (_PATHS, "  /v2/generate: {"),
    (_ERRORS, "  insufficient-credits:\n"),
    (_CLAUSES, "  C1:\n"),
)


def with_remix(text: str) -> str:
    """Return the text of gateway.yaml with the new pair of operations in it."""
    for piece, before in PLACES:
        assert text.count(before) == 1, f"expected {before!r} once, received it {text.count(before)} times"
        text = text.replace(before, f"{piece}{before}")
    return text


if __name__ == "__main__":
    REMIX.write_text(with_remix((ROOT / "openapi" / "gateway.yaml").read_text()))
