"""Rows as a table, as JSON, and two runs side by side."""

import json
import pathlib
import platform
import subprocess

CHANGE_TOLD = 0.10


def first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return "not installed"
    return (done.stdout or done.stderr).splitlines()[0]


def machine():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": f"{len(models)} x {models[0] if models else platform.machine()}",
        "memory_gib": round(int(pathlib.Path("/proc/meminfo").read_text().split()[1]) / 2**20, 1),
        "system": f"{platform.system()} {platform.release()}",
        "compiler": first_line(["g++", "--version"]),
        "benchmark": first_line(["pkg-config", "--modversion", "benchmark"]),
        "openssl": first_line(["openssl", "version"]),
        "nginx": first_line(["nginx", "-v"]),
        "curl": first_line(["curl", "--version"]),
        "load_before": round(float(pathlib.Path("/proc/loadavg").read_text().split()[0]), 2),
    }


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def line(row):
    target = ""
    if row.target is not None:
        bound = "at least" if row.better == "more" else "at most"
        target = f"{bound} {number(row.target)}: {'met' if row.met() else 'NOT MET'}"
    return f"{row.name:<46} {number(row.value):>12} {row.unit:<10} {target:<28} {row.note}".rstrip()


def save(path, about, rows):
    data = {"v": 1, "machine": about, "rows": [vars(each) for each in rows]}
    pathlib.Path(path).write_text(json.dumps(data, indent=1) + "\n")


def compare(old_path, new_path):
    """What has changed by more than a tenth, and which way. False when something has become worse."""
    old, new = (json.loads(pathlib.Path(each).read_text()) for each in (old_path, new_path))
    for key in old["machine"]:
        if key != "load_before" and old["machine"][key] != new["machine"].get(key):
            print(f"not the same {key}: {old['machine'][key]} / {new['machine'].get(key)}")
    before = {each["name"]: each for each in old["rows"]}
    worse = changed = 0
    for each in new["rows"]:
        then = before.pop(each["name"], None)
        if then is None or then["value"] == 0:
            print(f"{'new' if then is None else 'was 0':<8} {each['name']}: {number(each['value'])} {each['unit']}")
            continue
        factor = each["value"] / then["value"]
        if abs(factor - 1) <= CHANGE_TOLD:
            continue
        changed += 1
        better = (factor > 1) == (each["better"] == "more")
        worse += not better
        figures = f"{number(then['value'])} -> {number(each['value'])} {each['unit']} (x {factor:.2f})"
        print(f"{'better' if better else 'WORSE':<8} {each['name']}: {figures}")
    for name in before:
        print(f"gone     {name}")
    print(f"{changed} of {len(new['rows'])} rows changed by more than {CHANGE_TOLD:.0%}, {worse} for the worse")
    return worse == 0
