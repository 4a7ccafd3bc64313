"""Every rule for clients in one table: what it says, the clause or the reason it stands on, what to do instead."""

from typing import Final

from .finding import Rule

_PAID = "No clause: a start may cost credits, and nobody can tell whether the first one took effect."
_HOPELESS = "No clause: the same request gets the same answer."

RULES: Final = {
    rule.name: rule
    for rule in (
        # What each request is like.
        Rule(
            "key-for-gateway-only",
            "A key goes to the gateway and to nobody else.",
            "No clause: whoever gets a key can spend its credits.",
            "Fetch files of results without it: use a session of their own, or set the header for each call only.",
            first=True,
        ),
        Rule(
            "known-path",
            "A client calls the documented paths only.",
            "operations",
            "Use a path of the contract (`covermock spec`).",
        ),
        Rule(
            "no-leftovers",
            "Paths and names of other versions are no part of the contract.",
            "no operation",
            "Use the paths and names of the contract (`covermock spec`).",
        ),
        Rule(
            "right-method",
            "A path is called with its documented method.",
            "operations",
            "Use the method that the contract has for it.",
        ),
        Rule(
            "key-in-header",
            "The key stands in the place that the contract names, as it says.",
            "key",
            "Send it there with every request.",
        ),
        Rule(
            "key-nowhere-else",
            "A key stands in its place and nowhere else.",
            "key",
            "Take the key out of the URL, the body and other headers: they end up in logs.",
        ),
        Rule(
            "own-key",
            "A client sends the key that it was given.",
            "invalid-key",
            "Send the key unchanged: no quotes, no default.",
        ),
        Rule(
            "json-type",
            "A body is declared as application/json.",
            "json",
            "Send the header 'Content-Type: application/json'.",
        ),
        Rule("json-body", "A body is one JSON object in UTF-8.", "json", "Build the body with a JSON library."),
        Rule(
            "valid-request",
            "A request keeps the schema of its operation.",
            "invalid-params",
            "Send what the contract documents.",
        ),
        Rule(
            "sound-http",
            "A request is well-formed HTTP of a moderate size.",
            "complete",
            "Percent-encode what goes into a URL; use an HTTP library.",
        ),
        Rule(
            "known-names",
            "Names that the contract doesn't have are ignored.",
            "operations",
            "Delete it, or correct its spelling.",
            warns=True,
        ),
        Rule(
            "tidy-request",
            "A request carries nothing that is ignored.",
            "operations",
            "Leave out what is ignored.",
            warns=True,
        ),
        Rule(
            "documented-spelling",
            "The scheme before the key is spelt as documented.",
            "key",
            "Spell it as the contract does; the key behind it is right.",
            warns=True,
        ),
        Rule(
            "absent-left-out",
            "A field without a value is left out.",
            "No clause: nobody documented what a gateway makes of null, or of an empty URL.",
            "Tell the serialiser to skip what is not set.",
            warns=True,
        ),
        # Which ids it uses.
        Rule(
            "given-source",
            "A task is started from the id that the client was given.",
            "No clause: any other id is unknown, or somebody else's.",
            "Put the id into the JSON as it is: not encoded, not cut.",
        ),
        Rule(
            "given-task",
            "A client polls the id that its start returned, at the operation that belongs to it.",
            "identity",
            "Take the id from the answer to the start, and percent-encode it in the URL.",
        ),
        # How it behaves.
        Rule(
            "pays-once",
            "A client doesn't start the same task twice.",
            _PAID,
            "Poll, or fail honestly; never repeat a paid POST blindly.",
        ),
        Rule(
            "no-hopeless-repeat",
            "A client doesn't repeat what can't succeed.",
            _HOPELESS,
            "Report the error and stop.",
        ),
        Rule(
            "respects-retry-after",
            "A client doesn't come back before Retry-After is over.",
            "No clause: RFC 9110, section 10.2.3.",
            "Sleep for as many seconds as the header says, then go on.",
        ),
        Rule(
            "polite-pace",
            "A client polls no faster than documented, scaled to the world's speed.",
            "pace",
            "Sleep between polls.",
        ),
        Rule(
            "no-busy-loop",
            "A client pauses between polls.",
            "No clause: whatever pace is documented, scaled to the world's speed; this is no pause at all.",
            "Sleep between polls.",
        ),
        Rule(
            "stops-at-the-end",
            "A client stops polling after a terminal state; a second look is no loop.",
            "forward",
            "Leave the loop at every terminal state; keep the answer, it won't change.",
        ),
        Rule(
            "answers-webhook",
            "A webhook is answered with 2xx, a repeated one too.",
            "delivery",
            "Answer 200 first, then work.",
        ),
        Rule(
            "webhook-reachable",
            "Somebody listens at the webhook's URL while the task runs.",
            "delivery",
            "Start the receiver before the task.",
            warns=True,
        ),
        Rule(
            "webhook-allowed",
            "A webhook goes where the mock may send it: to loopback, and where it was told.",
            "No clause: a mock calls no stranger unasked.",
            "Give --allow-callback HOST, or listen at the address that the client is given for it.",
            warns=True,
        ),
        # How it ends.
        Rule(
            "succeeds",
            "Where the task succeeds the command exits with 0.",
            "No clause: it is how others learn of it.",
            "Exit with 0 after success; until then missing results are normal.",
        ),
        Rule(
            "sees-the-end",
            "A command that exits with 0 has seen the task succeed, by poll or webhook.",
            "No clause: results are complete only at the end.",
            "Wait for the state of success before it is reported.",
        ),
        Rule(
            "reports-failure",
            "What failed is reported: the exit code is not 0.",
            "No clause: it is how others learn of it.",
            "Exit with another code than 0 after a failed task, and after every 4xx.",
        ),
        Rule(
            "gives-up",
            "A command ends within its time, even if the task never does.",
            "No clause: a task may never end.",
            "Give up after a deadline, with an exit code that is not 0; give --timeout where it is a longer one.",
        ),
        Rule(
            "falls-back",
            "A client whose webhook doesn't come polls.",
            "No clause: a webhook can be lost.",
            "Poll as well, or after a while without the webhook.",
        ),
        Rule(
            "ends-by-itself",
            "A command ends by itself, not by a signal.",
            "No clause: a crash reports nothing.",
            "Find the crash in its output.",
        ),
        Rule(
            "leaves-nothing",
            "A command ends together with the processes that it started.",
            "No clause.",
            "Wait for background processes, or end them.",
            warns=True,
        ),
    )
}
