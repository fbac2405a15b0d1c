"""Whether a plan may be applied at all: its guards against what is allowed, and whose it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from scimbridge.sync.applying.values import ApplyRefused, GuardsStand
from scimbridge.sync.plans.lines import WALKED, PlanHead


def check_plan(head: PlanHead, environment: str, allow: Mapping[str, int]) -> None:
    """Hold a plan to the environment and to its guards. Raises `GuardsStand`, `ApplyRefused`."""
    if head.masked:
        raise ApplyRefused("this plan is masked: it is for reading; make one without --masked to apply it")
    if head.environment != environment:
        msg = f"this plan was made for environment {head.environment}, and the settings name {environment}"
        raise ApplyRefused(msg)
    unknown = sorted(allow.keys() - {each.name for each in head.stopped})
    if unknown:
        known = ", ".join(each.name for each in head.stopped) or "none"
        msg = f"--allow {unknown[0]}: no guard of that name stopped this plan; those that did: {known}"
        raise ApplyRefused(msg)
    walked = next((each for each in head.stopped if each.name == WALKED), None)
    if walked is not None:
        raise GuardsStand(f"this plan cannot be allowed, nothing was changed: {walked.text}")
    standing = [each for each in head.stopped if allow.get(each.name, -1) < each.number]
    if standing:
        words = " ".join(f"--allow {each.name}={each.number}" for each in standing)
        told = "; ".join(each.text for each in standing)
        raise GuardsStand(f"guards stopped this plan, nothing was changed: {told}. Who has looked may say {words}")
