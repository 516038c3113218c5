# SPDX-License-Identifier: GPL-2.0-or-later
"""The manifest for Kubernetes: its structure, and its command run for each index. Prints TAP.

Usage: kubernetes.py KSWAPCK TREE

It is skipped where python3-yaml is not installed. No Kubernetes is needed: what it would do for
a Pod that matters here is to set JOB_COMPLETION_INDEX and to mount two folders.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

DUMPS = 24


def pod_of(job):
    """The only container of the Job, its environment, and its volumes by name."""
    template = job["spec"]["template"]["spec"]
    container, = template["containers"]
    return (container, {variable["name"]: variable["value"] for variable in container["env"]},
            {volume["name"]: volume for volume in template["volumes"]})


def structure(job):
    """An indexed Job that tells each Pod of how many it is one."""
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job"), job
    spec = job["spec"]
    container, environment, volumes = pod_of(job)
    assert spec["completionMode"] == "Indexed"
    assert isinstance(spec["completions"], int) and 0 < spec["parallelism"] <= spec["completions"]
    assert environment["JOB_COMPLETIONS"] == str(spec["completions"])
    assert "JOB_COMPLETION_INDEX" not in environment, "Kubernetes sets it"
    assert spec["template"]["spec"]["restartPolicy"] in ("OnFailure", "Never")
    mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
    assert mounts.keys() == volumes.keys(), (mounts, volumes)
    assert mounts["dumps"]["readOnly"] and "readOnly" not in mounts["results"]
    assert environment["TMPDIR"] == mounts["scratch"]["mountPath"]
    assert container["resources"]["limits"]["memory"].endswith("Gi")


def command(job, program, scratch):
    """Run for each index, it does every dump once; a second run adds nothing."""
    container, environment, _ = pod_of(job)
    dumps, results = scratch / "dumps", scratch / "results"
    for folder in (dumps, results, scratch / "bin"):
        folder.mkdir()
    for number in range(DUMPS):
        (dumps / f"bad-{number}").write_bytes(b"\1\2\3" * number)
    (scratch / "bin/kswapck").symlink_to(program)
    words = [word.replace("/results/", f"{results}/").replace(" /dumps", f" {dumps}")
             for word in container["command"]]
    for _ in range(2):
        for index in range(job["spec"]["completions"]):
            done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=120,
                                  env={**os.environ, **environment, "TMPDIR": str(scratch),
                                       "PATH": f"{scratch}/bin:{os.environ['PATH']}",
                                       "JOB_COMPLETION_INDEX": str(index)})
            assert done.returncode == 0, done.stderr
        counts = collections.Counter(json.loads(line)["path"] for path in results.iterdir()
                                     for line in path.read_text().splitlines())
        assert len(counts) == DUMPS and set(counts.values()) == {1}, counts
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=120,
                          env={**os.environ, "PATH": f"{scratch}/bin:{os.environ['PATH']}",
                               "JOB_COMPLETION_INDEX": "0"})
    assert done.returncode == 16, "an index without the number of them must not do everything"


def main(program, tree):
    """Print TAP; return the exit status."""
    try:
        import yaml
    except ImportError:
        print("1..0 # SKIP no python3-yaml")
        return 0
    path = pathlib.Path(tree) / "contrib/kubernetes/kswapck-job.yaml"
    job = yaml.safe_load(path.read_text())
    failed = 0
    print("1..2")
    with tempfile.TemporaryDirectory() as scratch:
        for number, case in enumerate((structure, lambda job: command(
                job, pathlib.Path(program).absolute(), pathlib.Path(scratch))), 1):
            try:
                case(job)
                print(f"ok {number}")
            except AssertionError as error:
                failed = 1
                print(f"not ok {number}")
                print("\n".join(f"# {line}" for line in str(error).splitlines()))
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
