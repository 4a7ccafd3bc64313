"""Directed checks: plain functions named as facts, which yield the requests that put them to the test."""

from collections.abc import Callable, Iterator

from ...exchange import Sent
from ..expect.expectations import Expectation
from ..session import Session
from . import auth, business, identity, robustness, validation

Ask = Sent | tuple[Sent, Expectation]
Check = Callable[[Session], Iterator[Ask]]
"""Yields requests; one that is a generator gets each exchange back."""

CHECKS: tuple[Check, ...] = (
    identity.unknown_tasks_are_not_found,
    identity.ids_that_are_nearly_right_are_not_found,
    identity.each_field_is_understood_with_each_other,
    auth.a_request_needs_a_valid_key,
    auth.a_key_in_the_url_is_none,
    auth.nothing_is_started_without_a_key,
    auth.the_key_is_looked_at_first,
    auth.the_scheme_may_be_spelled_in_any_case,
    business.sources_outside_the_range_are_refused,
    business.what_has_not_ended_is_no_source,
    validation.an_id_is_required,
    validation.an_id_is_a_string,
    validation.what_the_schema_refuses_is_refused,
    validation.a_body_is_a_json_object,
    robustness.other_methods_are_not_allowed,
    robustness.unknown_paths_are_not_found,
    robustness.odd_ids_get_an_envelope,
    robustness.odd_urls_get_an_envelope,
    robustness.odd_bodies_get_an_envelope,
    robustness.odd_texts_get_an_envelope,
    robustness.other_media_types_get_an_envelope,
)
