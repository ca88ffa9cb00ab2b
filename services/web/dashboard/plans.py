"""Plans as pages show them."""

from dataclasses import dataclass

from chatmount.quota.v1 import quota_pb2

from services.web.dashboard.visit import Visit


@dataclass(frozen=True, slots=True)
class Plan:
    """What an account may use. `credits` None: unlimited."""

    name: str
    credits: int | None
    requests_per_minute: int
    requests_per_day: int
    keys: int

    @classmethod
    def of(cls, plan: quota_pb2.Plan) -> "Plan":
        """From the message."""
        credits = plan.credits_per_month if plan.HasField("credits_per_month") else None
        return cls(plan.name, credits, plan.requests_per_minute, plan.requests_per_day, plan.keys_per_chatbot)

    @property
    def option(self) -> tuple[str, str]:
        """As forms offer it: its name and what people ask for first."""
        return self.name, f"{self.name}: {'unlimited' if self.credits is None else f'{self.credits:,}'} credits a month"


async def plans(visit: Visit) -> list[Plan]:
    """Those in force, in the order of the plans file."""
    listed = await visit.call(visit.services.quota.ListPlans, quota_pb2.ListPlansRequest())
    return [Plan.of(plan) for plan in listed.plans]
