"""Syncs a Tidemark project with Dagster: one op for each missing window, then one run for all that is new."""

import json
import subprocess

from dagster import (
    Definitions,
    DynamicOut,
    DynamicOutput,
    In,
    Nothing,
    RetryPolicy,
    ScheduleDefinition,
    job,
    op,
)

PROJECT = "/srv/tidemark"
TIDEMARK = "node_modules/.bin/tidemark"


@op(out=DynamicOut())
def plan():
    done = subprocess.run([TIDEMARK, "plan", "--json"], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    # 3: a table fails or waits for a decision; the others have tasks.
    if done.returncode not in (0, 3):
        raise RuntimeError(f"tidemark plan ended with exit code {done.returncode}: {done.stdout}")
    windows = [one for one in json.loads(done.stdout)["tasks"] if one["kind"] != "full_refresh"]
    for number, one in enumerate(windows[:1000]):
        yield DynamicOutput(one["args"], mapping_key=str(number))


@op(retry_policy=RetryPolicy(max_retries=2, delay=60))
def window(args: list):
    subprocess.run([TIDEMARK, *args], cwd=PROJECT, check=True)


@op(ins={"after": In(Nothing)})
def current():
    subprocess.run([TIDEMARK, "sync", "--max-time", "10m"], cwd=PROJECT, check=True)


@job
def tidemark():
    current(plan().map(window).collect())


hourly = ScheduleDefinition(job=tidemark, cron_schedule="0 * * * *")
defs = Definitions(jobs=[tidemark], schedules=[hourly])
