"""Syncs a Tidemark project with Airflow: one task for each missing window, then one run for all that is new."""

import json
import shlex
import subprocess
from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import dag, task

PROJECT = "/srv/tidemark"
TIDEMARK = "node_modules/.bin/tidemark"
# Airflow maps at most core.max_map_length tasks (1024); the next run of the DAG plans what is left.
MAX_TASKS = 1000


@dag(schedule="@hourly", start_date=datetime(2026, 1, 1), catchup=False, max_active_runs=1)
def tidemark():
    @task
    def plan() -> list[str]:
        done = subprocess.run([TIDEMARK, "plan", "--json"], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        # 3: a table fails or waits for a decision; the others have tasks.
        if done.returncode not in (0, 3):
            raise RuntimeError(f"tidemark plan ended with exit code {done.returncode}: {done.stdout}")
        # A table without a cursor is read whole by every run: "current" reads it.
        windows = [one for one in json.loads(done.stdout)["tasks"] if one["kind"] != "full_refresh"]
        return [shlex.join([TIDEMARK, *one["args"]]) for one in windows[:MAX_TASKS]]

    windows = BashOperator.partial(
        task_id="window", cwd=PROJECT, retries=2, retry_delay=timedelta(minutes=1), max_active_tis_per_dag=4
    ).expand(bash_command=plan())
    current = BashOperator(
        task_id="current", cwd=PROJECT, bash_command=f"{TIDEMARK} sync --max-time 10m", trigger_rule="all_done"
    )
    windows >> current


tidemark()
