"""The KubeRay manifest: every field is known to the operator, and only needed ports are reachable.

The custom resources' fields are those of `ray.io/v1` in KubeRay 1.5 (its types `RayJobSpec`, `RayClusterSpec`,
`HeadGroupSpec`, `WorkerGroupSpec`, `AutoscalerOptions`, `AuthOptions`), as far as the manifest uses them; a field
beyond them fails. Kubernetes' own objects are checked against the published schemas if `kubernetes-validate` is
installed.
"""

import re
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from packaging.version import Version
from pydantic import BaseModel, ConfigDict, Field
from typer.main import get_command

from pipeline.cli.main import app

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = list(yaml.safe_load_all((ROOT / "deploy" / "kuberay.yaml").read_text()))
JOB = next(document for document in DOCUMENTS if document["kind"] == "RayJob")
CLUSTER = JOB["spec"]["rayClusterSpec"]
NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Template(Strict):
    metadata: dict[str, Any] = {}
    spec: dict[str, Any]


class Head(Strict):
    serviceType: Literal["ClusterIP", "NodePort", "LoadBalancer"] = "ClusterIP"
    rayStartParams: dict[str, str]
    template: Template


class Workers(Strict):
    groupName: str
    replicas: int = Field(0, ge=0)
    minReplicas: int = Field(ge=0)
    maxReplicas: int = Field(ge=0)
    rayStartParams: dict[str, str]
    template: Template


class Autoscaler(Strict):
    idleTimeoutSeconds: int = Field(60, ge=0)
    upscalingMode: Literal["Default", "Aggressive", "Conservative"] = "Default"


class Auth(Strict):
    mode: Literal["disabled", "token"] = "token"


class RayCluster(Strict):
    rayVersion: str
    authOptions: Auth
    enableInTreeAutoscaling: bool
    autoscalerOptions: Autoscaler
    headGroupSpec: Head
    workerGroupSpecs: list[Workers]


class RayJobSpec(Strict):
    entrypoint: str
    submissionMode: Literal["K8sJobMode", "HTTPMode", "InteractiveMode"]
    backoffLimit: int = Field(ge=0)
    activeDeadlineSeconds: int = Field(gt=0)
    shutdownAfterJobFinishes: bool
    ttlSecondsAfterFinished: int = Field(ge=0)
    submitterPodTemplate: Template
    rayClusterSpec: RayCluster


def templates() -> list[dict[str, Any]]:
    groups = [CLUSTER["headGroupSpec"], *CLUSTER["workerGroupSpecs"]]
    return [*(group["template"] for group in groups), JOB["spec"]["submitterPodTemplate"]]


def test_the_job_has_only_fields_of_kuberay_s_types():
    assert JOB["apiVersion"] == "ray.io/v1"
    spec = RayJobSpec.model_validate(JOB["spec"])
    for group in spec.rayClusterSpec.workerGroupSpecs:
        assert group.minReplicas <= group.replicas <= group.maxReplicas
    assert len(JOB["metadata"]["name"]) <= 47, "KubeRay makes longer names of it"
    assert all(NAME.fullmatch(document["metadata"]["name"]) for document in DOCUMENTS)


def test_kubernetes_objects_are_valid_in_the_published_schemas():
    checker = pytest.importorskip(
        "kubernetes_validate", reason="108 MB of schemas: install kubernetes-validate to check"
    )
    pods = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"} | t.get("metadata", {}), "spec": t["spec"]}
            for t in templates()]  # fmt: skip
    for document in [*(d for d in DOCUMENTS if d["kind"] != "RayJob"), *pods]:
        for version in ("1.29", "1.33"):
            checker.validate(document, version, strict=True)


def test_ray_has_the_tested_version_which_supports_tokens():
    assert CLUSTER["rayVersion"] == metadata.version("ray")
    assert Version(CLUSTER["rayVersion"]) >= Version("2.52")


def test_ray_is_not_reachable_from_outside():
    assert CLUSTER["authOptions"]["mode"] == "token"
    assert CLUSTER["headGroupSpec"]["serviceType"] == "ClusterIP"
    (policy,) = [document["spec"] for document in DOCUMENTS if document["kind"] == "NetworkPolicy"]
    chosen = policy["podSelector"]["matchLabels"].items()
    assert all(chosen <= template["metadata"]["labels"].items() for template in templates())
    assert policy["policyTypes"] == ["Ingress"]
    assert all("podSelector" in source for rule in policy["ingress"] for source in rule["from"])


def test_pods_run_as_an_ordinary_user_and_contain_no_secret():
    assert not re.search(r"AWS_SECRET_ACCESS_KEY:|AKIA", (ROOT / "deploy" / "kuberay.yaml").read_text())
    for template in templates()[:-1]:
        assert template["spec"]["securityContext"]["runAsNonRoot"]
        (container,) = template["spec"]["containers"]
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert {v["name"] for v in template["spec"]["volumes"]} == {m["name"] for m in container["volumeMounts"]}
        assert {"name": "RAY_USAGE_STATS_ENABLED", "value": "0"} in container["env"]


def test_the_job_runs_the_script_that_is_mounted():
    (container,) = CLUSTER["headGroupSpec"]["template"]["spec"]["containers"]
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    assert JOB["spec"]["entrypoint"] == "sh /batch/batch.sh"
    assert mounts["/batch"] == "batch"
    volumes = {volume["name"]: volume for volume in CLUSTER["headGroupSpec"]["template"]["spec"]["volumes"]}
    assert volumes["batch"]["configMap"]["name"] == "nearmiss-batch"


def test_its_commands_and_those_of_the_document_exist():
    commands = get_command(app).commands
    (script,) = [document["data"]["batch.sh"] for document in DOCUMENTS if document["kind"] == "ConfigMap"]
    texts = [script, (ROOT / "docs" / "cluster.md").read_text()]
    named = [found for text in texts for found in re.findall(r"nearmiss (\w+)((?: [^`;&\n]+)?)", text)]
    used = [(name, re.findall(r"(?<= )--[\w-]+", rest)) for name, rest in named if name in commands]
    assert {"generate", "merge", "plan"} <= {name for name, _ in used}
    for name, options in used:
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(options) <= known, name
