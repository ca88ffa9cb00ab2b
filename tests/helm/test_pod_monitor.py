"""The chart's PodMonitor, compared with the alert rules."""

import re

from tests.helm.chart import EVERYTHING, NAME, containers, environment, of_kind, rendered
from tests.monitoring import rules


def test_what_is_scraped_has_the_job_of_the_alert_rules() -> None:
    manifests = rendered(EVERYTHING)
    (monitor,) = of_kind(manifests, "PodMonitor").values()
    jobs = {job for rule in rules() for job in re.findall(r'job="(\w+)"', rule["expr"])}
    for deployment in of_kind(manifests, "Deployment").values():
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert jobs == {labels[monitor["spec"]["jobLabel"]]}
        assert monitor["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_the_metrics_of_both_containers_of_envoys_pod_are_scraped() -> None:
    manifests = rendered(EVERYTHING)
    found = containers(manifests)
    ports = {port["name"]: port["containerPort"] for part in ("envoy", "web") for port in found[part]["ports"]}
    for part, name in (("envoy", "edge-metrics"), ("web", "metrics")):
        assert environment(found[part])["CHATMOUNT_METRICS_LISTEN"] == f"0.0.0.0:{ports[name]}"
    (monitor,) = of_kind(manifests, "PodMonitor").values()
    scraped = [each["port"] for each in monitor["spec"]["podMetricsEndpoints"]]
    (rule,) = (
        each
        for each in of_kind(manifests, "NetworkPolicy")[f"{NAME}-envoy"]["spec"]["ingress"]
        if {"port": "metrics"} in each["ports"]
    )
    assert scraped == [each["port"] for each in rule["ports"]] == ["metrics", "edge-metrics"]
    assert ports["metrics"] != ports["edge-metrics"]
