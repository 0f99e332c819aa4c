#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# ranks.sh - kedge train under mpirun: the bytes of one process, one voice, one exit status, a restart.
set -uo pipefail
command -v mpirun >/dev/null || { echo "no mpirun"; exit 77; }
"$KEDGE" info 2>/dev/null | grep -q 'mpi ' || { echo "built without MPI"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
failures=0
fail() {
    echo "FAIL  $*"
    failures=$((failures + 1))
}
export OMP_NUM_THREADS=1
ranks() { # ranks N arguments of kedge train...
    local n=$1
    shift
    mpirun --allow-run-as-root --oversubscribe -n "$n" "$KEDGE" train "$@" --device cpu
}
alone() { "$KEDGE" train "$@" --device cpu; }
same() { # same "sentence" FILE FILE
    if cmp -s "$2" "$3"; then echo "ok    $1"; else fail "$1"; fi
}

"$BUILD/tests/make_synthetic" d.h5 18 6 1 || exit 1
small=(--target charge --set hidden='[16]' --set epochs=6 --set batch=16)

# three members and ten windows of each over two and three processes
alone d.h5 "${small[@]}" --ensemble 3 --windows -o a1.h5 >a1.out 2>&1 || fail "one process: $(cat a1.out)"
for n in 2 3; do
    ranks $n d.h5 "${small[@]}" --ensemble 3 --windows -o a$n.h5 >a$n.out 2>a$n.err || fail "$n processes: $(cat a$n.err)"
    same "$n processes write the model of one" a1.h5 a$n.h5
    for w in a b c d e f g h i j; do same "window $w of $n processes" a1_$w.h5 a${n}_$w.h5; done
    [ "$(grep -c 'test rows' a$n.out)" -eq 1 ] || fail "$n processes speak with one voice: $(cat a$n.out)"
done
[ -z "$(ls ./*.checkpoint* 2>/dev/null)" ] || fail "checkpoints stay behind: $(ls)"

# a grid by cross validation with early stopping: the same scores and the same choice
echo '{"learning_rate": [1e-3, 1e-2], "hidden": [[8], [12, 6]]}' >grid.json
alone d.h5 "${small[@]}" --grid grid.json --folds 3 --set patience=2 -o g1.h5 --json >g1.json 2>/dev/null || fail "grid of one process"
ranks 2 d.h5 "${small[@]}" --grid grid.json --folds 3 --set patience=2 -o g2.h5 --json >g2.json 2>/dev/null || fail "grid of two processes"
same "the grid's winner" g1.h5 g2.h5
points() { tr -d '\n ' <"$1" | grep -oE '"points":\[.*\],"folds":\[[^]]*\]'; }
[ -n "$(points g1.json)" ] && [ "$(points g1.json)" = "$(points g2.json)" ] || fail "scores of grid points and folds differ"
grep -q '"ranks": *2' g2.json || fail "the report does not say how many processes there were"

# more processes than nets
ranks 3 d.h5 "${small[@]}" -o few3.h5 --quiet >out 2>&1 || fail "three processes with one net: $(cat out)"
alone d.h5 "${small[@]}" -o few1.h5 --quiet >/dev/null 2>&1
same "one net of three processes" few1.h5 few3.h5

# stopped and gone on with
long=(--target charge --set hidden='[16]' --set epochs=8000 --set batch=16 --ensemble 3)
alone d.h5 "${long[@]}" -o l1.h5 --quiet >/dev/null 2>&1 || fail "a long run"
ranks 2 d.h5 "${long[@]}" -o l2.h5 --quiet --max-seconds 0.3 >out 2>&1
[ $? -eq 75 ] || fail "processes that are stopped exit with 75: $(cat out)"
[ -s l2.h5.checkpoint.rank0 ] && [ -s l2.h5.checkpoint.rank1 ] || fail "no checkpoints: $(ls)"
ranks 2 d.h5 "${long[@]}" -o l2.h5 --quiet --restart >out 2>&1 || fail "restart: $(cat out)"
same "a run that was stopped" l1.h5 l2.h5
[ -z "$(ls ./*.checkpoint* 2>/dev/null)" ] || fail "checkpoints stay behind after a restart: $(ls)"

# shared batches: the same bytes whether MPI or memory carries the sums, and again; scores of one process. The order of the sums over a batch is
# another one: 6e-8 per sum, amplified by a few hundred steps, stays below 1 % of the error
wide=(--target charge --set hidden='[24,16]' --set epochs=12 --set batch=16 --set dropout=0.1 --ensemble 2)
rmse() { tr -d '\n ' <"$1" | grep -oE '"test":\{"rmse":[0-9.e+-]+' | grep -oE '[0-9.e+-]+$'; }
alone d.h5 "${wide[@]}" -o p1.h5 --json >p1.json 2>/dev/null || fail "one process"
for n in 2 3; do
    ranks $n d.h5 "${wide[@]}" --data-parallel -o p$n.h5 --json >p$n.json 2>err || fail "shared batches of $n processes: $(cat err)"
    alone d.h5 "${wide[@]}" --data-parallel --devices $n -o q$n.h5 --quiet >out 2>&1 || fail "shared batches of $n devices: $(cat out)"
    same "$n processes and $n devices that share batches" p$n.h5 q$n.h5
    awk -v a="$(rmse p1.json)" -v b="$(rmse p$n.json)" 'BEGIN { exit !(a > 0 && b > 0 && (a - b) ^ 2 < (0.01 * a) ^ 2) }' ||
        fail "RMSE of one process $(rmse p1.json), of $n that share batches $(rmse p$n.json)"
done
cmp -s p2.h5 p3.h5 && fail "two and three parts give the same bytes: they cannot both have shared batches"
ranks 2 d.h5 "${wide[@]}" --data-parallel -o p4.h5 --quiet >out 2>&1 || fail "shared batches again: $(cat out)"
same "shared batches again" p2.h5 p4.h5
ranks 2 d.h5 "${small[@]}" --data-parallel --set patience=2 --set epochs=40 -o s2.h5 --quiet >out 2>&1 || fail "early stopping: $(cat out)"
alone d.h5 "${small[@]}" --data-parallel --devices 2 --set patience=2 --set epochs=40 -o s1.h5 --quiet >out 2>&1 || fail "early stopping: $(cat out)"
same "early stopping with shared batches" s1.h5 s2.h5
ranks 2 d.h5 "${long[@]}" --data-parallel --set epochs=400 -o m1.h5 --quiet >out 2>&1 || fail "a long run with shared batches: $(cat out)"
ranks 2 d.h5 "${long[@]}" --data-parallel --set epochs=400 -o m2.h5 --quiet --max-seconds 0.2 >out 2>&1
[ $? -eq 75 ] && [ -s m2.h5.checkpoint ] || fail "shared batches that are stopped: $(cat out)"
ranks 2 d.h5 "${long[@]}" --data-parallel --set epochs=400 -o m2.h5 --quiet --restart >out 2>&1 || fail "restart: $(cat out)"
same "shared batches that were stopped" m1.h5 m2.h5

# failures: said once, with the exit status of one process
refused() { # refused "sentence" CODE PATTERN arguments...
    local what=$1 code=$2 pattern=$3
    shift 3
    ranks 2 "$@" >out 2>err
    local got=$?
    if [ $got -ne "$code" ] || [ "$(grep -cE "kedge: .*$pattern" err)" -ne 1 ]; then fail "$what: exit $got, $(cat out err)"; else echo "ok    $what"; fi
}
"$KEDGE" train d.h5 "${wide[@]}" --set epochs=4000 -o r.h5 --quiet --max-seconds 0.2 --device cpu >/dev/null 2>&1
refused "a missing dataset" 2 'nothing.h5' nothing.h5 "${small[@]}" -o x.h5
refused "several devices of several processes" 2 'expected one of the two' d.h5 "${small[@]}" --devices 2 -o x.h5
refused "a checkpoint of other ranks" 2 'belongs to other' d.h5 "${wide[@]}" --set epochs=4000 --data-parallel -o r.h5 --restart
# decay factor 1 - 10 * 10 a step: overflow within twenty
refused "weights that grow beyond all bounds" 3 'finite' d.h5 "${small[@]}" --ensemble 2 --set decoupled=true --set learning_rate=10 --set weight_decay=10 -o x.h5
[ ! -e x.h5 ] || fail "something was written by what failed"
[ $failures -eq 0 ]
