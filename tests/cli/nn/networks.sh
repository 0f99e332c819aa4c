#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# networks.sh - train, evaluate, predict on spectra of an analytic model (tests/support/synthetic.h): formats, doubts, restart, exit codes.
set -uo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
failures=0
check() { # check "sentence" command...
    local what=$1
    shift
    if "$@" >out.txt 2>err.txt; then
        echo "ok    $what"
    else
        echo "FAIL  $what (exit $?)"
        sed 's/^/      /' out.txt err.txt | head -20
        failures=$((failures + 1))
    fi
}
exits() { # exits CODE command...
    local want=$1
    shift
    "$@"
    local got=$?
    [ $got -eq "$want" ] || { echo "exit $got, expected $want"; return 1; }
}
says() { # says PATTERN CODE command...
    local pattern=$1 want=$2
    shift 2
    exits "$want" "$@" >said.txt 2>&1 || { cat said.txt; return 1; }
    grep -qE -- "$pattern" said.txt || { cat said.txt; return 1; }
}
near() { # near FILE KEY VALUE TOLERANCE: a number at the top level of a JSON line
    grep -oE "\"$2\": *-?[0-9.e+-]+" "$1" | head -1 | grep -oE -- '-?[0-9][0-9.e+-]*$' |
        awk -v want="$3" -v tolerance="$4" '{ d = $1 - want; if (d < 0) d = -d; ok = d <= tolerance } END { exit !ok }'
}
run() { "$KEDGE" "$@" --device cpu --quiet; }
make=$BUILD/tests/make_synthetic
spectrum=$BUILD/tests/make_spectrum

check "a dataset is made" "$make" d.h5 27 10 1
check "training succeeds and writes one model" run train d.h5 --target charge --set epochs=40 --ensemble 2 -o c.h5
check "window models are trained in one run" run train d.h5 --target charge --set epochs=40 --windows -o w.h5
check "an RDF model is trained, split by structure" run train d.h5 --target rdf --split structure --set hidden='[64]' --set epochs=10 -o r.h5
check "no checkpoint stays behind" test -z "$(ls ./*.checkpoint* 2>/dev/null)"
check "evaluation covers every model" run evaluate c.h5 w_a.h5 r.h5 d.h5 -o results.h5 --table scores.tsv
# 27 structures of 10 sites: 54 unseen, 216 of training; 5 classes of both charges; 1 line, 3 averaged, 1 header
check "the table has a line per model and set of rows" test "$(awk -F'\t' 'NF == 11' scores.tsv | wc -l)" -eq 21
check "seen and unseen sites are all sites" test "$(awk -F'\t' '$1 == "c.h5" && ($6 == "seen" || $6 == "unseen") { n += $7 } END { print n }' scores.tsv)" -eq 270

# two fresh sites: the networks answer, there is nothing to fit the straight line to
check "a dataset of two sites is made" "$make" fresh.h5 1 2 7
check "evaluation on two fresh sites" run evaluate c.h5 fresh.h5 -o fresh-results.h5 --table fresh.tsv
check "without a straight line" test "$(awk -F'\t' '$6 == "unseen" && $7 == 2 { n++ } $6 == "line" { n += 10 } END { print n }' fresh.tsv)" -eq 1

# three formats of one spectrum on different scales and backgrounds are read alike; 0.05 e is three times the error on unseen sites
for form in columns kev xdi nor; do
    "$spectrum" 1.6 0 $form >s.$form
    run predict c.h5 w_c.h5 r.h5 s.$form --json >p.$form 2>/dev/null
    check "the charge is found in form $form" near p.$form charge_e 1.6 0.05
done
"$spectrum" 1.6 0.7 columns >shifted.dat
run predict c.h5 w_c.h5 r.h5 s.xdi --page page.svg >/dev/null 2>&1
check "the page is a picture with five panels" test "$(grep -c '<rect' page.svg)" -eq 6
check "and a whole one" grep -q '^</svg>$' page.svg
check "a spectrum 0.7 eV off is refused" says 'no single charge' 3 run predict c.h5 w_c.h5 shifted.dat
check "with its shift taken out it is read" exits 0 run predict c.h5 w_c.h5 shifted.dat --shift-ev -0.7
"$spectrum" 3.2 0.7 columns >reference.dat
"$spectrum" 3.2 0 columns >true.dat
run predict c.h5 shifted.dat --reference reference.dat --reference-ev 1847.0 --json >p.reference 2>/dev/null
check "a reference scan gives the shift" near p.reference shift_applied_ev -0.7 0.1

# references measured with a distorted scale: the true charge of each is q, the spectra are those of 0.85 q + 0.2
for q in 0.0 0.6 1.2 1.8 2.4 3.0; do
    "$spectrum" "$(awk -v q=$q 'BEGIN { print 0.85 * q + 0.2 }')" 0 columns >ref$q.dat
    echo "ref$q.dat $q  # made by make_spectrum"
done >references.txt
check "a model is tuned to references" run train --tune c.h5 --references references.txt -o tuned.h5
run train --tune c.h5 --references references.txt -o tuned.h5 --json >tuned.json 2>/dev/null
rmse() { grep -oE "\"rmse_$1_e\": *[0-9.e+-]+" tuned.json | grep -oE '[0-9.e+-]+$'; }
check "left out, references are read three times better" awk -v a="$(rmse before)" -v b="$(rmse left_out)" 'BEGIN { exit !(b < a / 3) }'
run predict tuned.h5 ref1.2.dat --json >p.tuned 2>/dev/null
check "the tuned model reads its references" near p.tuned charge_e 1.2 0.1
check "two references are too few" says 'at least 3' 2 run train --tune c.h5 --references <(head -2 references.txt | sed "s|^|$scratch/|") -o x.h5
check "a reference without a charge is refused with its line" says '/dev/fd.*:1:|:1: expected FILE' 2 run train --tune c.h5 --references <(echo "ref0.0.dat") -o x.h5
check "an RDF model cannot be tuned" says 'expected a charge' 2 run train --tune r.h5 --references references.txt -o x.h5

# what is not a spectrum
printf '1\n2\n' >one.dat
printf '1840 1\n1841 nan\n' >nan.dat
printf '1840 1\n1841 x\n' >word.dat
awk 'NR % 2 || NR < 40' s.columns | awk '$1 < 1850' >short.dat
check "one column is refused with its line" says 'one.dat:1: .*expected' 2 run predict c.h5 one.dat
check "NaN is refused" says 'nan.dat:2' 2 run predict c.h5 nan.dat
check "a word in the data is refused" says 'word.dat:2' 2 run predict c.h5 word.dat
check "nothing is extrapolated" says 'covers .* expected' 2 run predict c.h5 short.dat
check "XDI without its element is refused" says 'Element.symbol' 2 run predict c.h5 <(sed '/Element.symbol/d' s.xdi)
check "XDI with an unknown edge is refused" says 'Element.edge' 2 run predict c.h5 <(sed 's/edge: K/edge: Q/' s.xdi)
check "XDI with a bad date is refused" says 'start_time' 2 run predict c.h5 <(sed 's/2026-01-02T/2026-99-02T/' s.xdi)
check "XDI without end of header is refused" says 'end of the header' 2 run predict c.h5 <(grep -v '^#--' s.xdi | sed '/^# energy i0/d')
check "XDI of version 2 is refused" says 'version' 2 run predict c.h5 <(sed 's|XDI/1.0|XDI/2.0|' s.xdi)
check "a model file is no dataset" exits 2 run train c.h5 --target charge -o x.h5
check "a setting that is none is named with its neighbour" says 'learning_rate' 2 run train d.h5 --target charge --set learning_rat=1 -o x.h5
check "a window outside the axis is refused" exits 2 run train d.h5 --target charge --window 1700:1710 -o x.h5
check "a missing dataset is refused" exits 2 run train nothing.h5 --target charge -o x.h5
check "nothing was written by what failed" test ! -e x.h5

# interrupted and unbroken runs end with the same bits
check "an unbroken run" run train d.h5 --target charge --set epochs=400 -o a.h5 --seed 5
check "a run that is stopped exits with 75" exits 75 run train d.h5 --target charge --set epochs=400 -o b.h5 --seed 5 --max-seconds 0.2
check "its checkpoint is there" test -s b.h5.checkpoint
check "and goes on" run train d.h5 --target charge --set epochs=400 -o b.h5 --seed 5 --restart --threads 1
check "both models are the same bytes" cmp a.h5 b.h5

# jobs shared out over two devices give the bits of one, also when stopped in between
check "two devices" run train d.h5 --target charge --set epochs=60 --ensemble 3 --devices 2 -o two.h5 --seed 5
check "one device" run train d.h5 --target charge --set epochs=60 --ensemble 3 -o one.h5 --seed 5
check "give the same bytes" cmp one.h5 two.h5
check "two devices that are stopped" exits 75 run train d.h5 --target charge --set epochs=2000 --ensemble 3 --devices 2 -o t.h5 --seed 5 --max-seconds 0.3
check "keep a file each" test -s t.h5.checkpoint.device0 -a -s t.h5.checkpoint.device1

# devices that share batches: the same again, whatever the threads, and after an interruption
shared=(--target charge --set hidden='[16]' --set batch=32 --set epochs=1500 --devices 2 --data-parallel --seed 5)
check "two devices share batches" run train d.h5 "${shared[@]}" -o s1.h5
check "they are stopped together" exits 75 run train d.h5 "${shared[@]}" -o s2.h5 --max-seconds 0.15
check "with one checkpoint" test -s s2.h5.checkpoint -a ! -e s2.h5.checkpoint.device1
check "and go on" run train d.h5 "${shared[@]}" -o s2.h5 --restart --threads 1
check "to the same bytes" cmp s1.h5 s2.h5
check "one device has nobody to share with" says 'expected --devices 2' 2 run train d.h5 --target charge --data-parallel -o x2.h5

echo '{"learning_rate": [1e-3, 3e-3], "hidden": [[16], [24, 24]]}' >grid.json
run train d.h5 --target charge --grid grid.json --folds 3 --set epochs=5 -o g.h5 --json >g.json 2>/dev/null
check "a grid of four points in three folds" test "$(grep -o fold_rmse g.json | wc -l)" -eq 4
[ $failures -eq 0 ]
