#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# demo.sh BUILD OUT - the main job on the embedded example, in a few minutes on two cores: a fresh small glass, its ground state, Bader
# charges and g(R), core-hole spectra of two silicon sites, networks trained on the shipped dataset and asked about the fresh sites, the
# report. Everything it makes goes to OUT; OUT/report.html is the result. Run again, it goes on where it was.
set -euo pipefail
build=${1:?usage: demo.sh BUILD OUT} out=${2:?usage: demo.sh BUILD OUT}
here=$(dirname "$(readlink -f "$0")")
kedge=$build/bin/kedge
export KEDGE_DATA=${KEDGE_DATA:-$here/../data}
shipped=$KEDGE_DATA/siox-mini.h5
say() { printf '\n== %s  (%d s)\n' "$*" "$SECONDS"; }

mkdir -p "$out"
cat >"$out/demo.ini" <<'INI'
[study]
title = Kedge demo: a fresh glass and two of its silicon sites
formulas = Si6O9
replicas = 1
seed = 7
[quench]
melt_ps = 20
cool_ps = 100
[xanes]
sites = 2
[calibration]
silicon =
repeat = 2 2 1
kpoints = 1 1 1
[farm]
last_stage = dataset
INI

say "composition -> glass -> ground state -> charges, g(R) -> core-hole spectra; alpha-quartz sets the energy scale"
"$kedge" study "$out/demo.ini" -o "$out/study" --restart

sources=("$out/study")
if [ -f "$shipped" ]; then
    for target in charge rdf; do
        say "network: spectrum to $target, trained on the shipped dataset"
        [ -s "$out/$target.h5" ] || "$kedge" train "$shipped" --target $target -o "$out/$target.h5"
    done
    say "the fresh sites, which no network has seen: prediction against truth"
    "$kedge" evaluate "$out/charge.h5" "$out/rdf.h5" "$out/study/dataset.h5" -o "$out/results.h5"
    sources+=("$out/results.h5")
else
    say "no shipped dataset ($shipped): no networks"
fi

say "report"
"$kedge" report "${sources[@]}" -o "$out/report"
cp "$out/report/index.html" "$out/report.html"
say "done: $out/report.html"
