"""Parts of the program alone in a loop, by google-benchmark."""

import json
import subprocess

import measure
from measure import Row

TARGETS_PER_S = {
    "distinct_exact_searches": 100_000,
    "copies_of_known_searches": 1_000_000,
    "distinct_word_searches/rare": 4_000,
    "distinct_word_searches/common": 4_000,
    "distinct_word_searches/nothing": 4_000,
}


def rows(programs, quick):
    command = [programs / "inside_bench", "--benchmark_format=json", "--benchmark_report_aggregates_only=true",
               f"--benchmark_repetitions={3 if quick else 7}", f"--benchmark_min_time={0.1 if quick else 0.5}"]
    done = subprocess.run(measure.pinned(0, command), check=True, capture_output=True, text=True)
    for each in json.loads(done.stdout)["benchmarks"]:
        if each.get("error_occurred"):
            raise RuntimeError(f"{each['name']}: {each['error_message']}")
        if each["aggregate_name"] != "median":
            continue
        name = each["run_name"]
        if "bytes_per_second" in each:
            yield Row(f"inside: {name}", each["bytes_per_second"] / 2**20, "MiB/s", "more")
        else:
            yield Row(f"inside: {name}", each["items_per_second"], "/s", "more", TARGETS_PER_S.get(name))
