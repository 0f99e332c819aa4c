#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# buildah.sh [--cuda] - builds and tries the container where there is no Docker engine: Debian's buildah and mmdebstrap, as root.
# The base is a fresh minimal Debian 12 under both names that the Dockerfile may ask for; with --cuda the toolkit of this machine is
# mounted into the build, so that the plug-in is compiled. Then the image is run as its own user, as a stranger, and with a
# read-only root. State is kept in KEDGE_BUILDAH (default ~/.cache/kedge-buildah): the second run takes the base from there.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
root=$(dirname "$here")
state=${KEDGE_BUILDAH:-$HOME/.cache/kedge-buildah}
cuda=false
[ "${1:-}" = "--cuda" ] && cuda=true

for tool in buildah mmdebstrap; do
    command -v "$tool" >/dev/null || { echo "buildah.sh: $tool is not installed, expected: apt-get install buildah mmdebstrap" >&2; exit 5; }
done
mkdir -p "$state"
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$state/policy.json"
run_buildah() { buildah --root "$state/root" --runroot "$state/run" "$@"; }

base=kedge-base
if ! run_buildah inspect --type image "localhost/$base" >/dev/null 2>&1; then
    echo "buildah.sh: a minimal Debian 12 as base"
    [ -s "$state/base.tar" ] || mmdebstrap --quiet --variant=minbase bookworm "$state/base.tar"
    container=$(run_buildah from --signature-policy "$state/policy.json" scratch)
    run_buildah add --quiet "$container" "$state/base.tar" / >/dev/null
    run_buildah commit --quiet --signature-policy "$state/policy.json" "$container" "localhost/$base" >/dev/null
    run_buildah rm "$container" >/dev/null
fi

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
git -C "$root" archive HEAD | tar -x -C "$context"
mount=()
if $cuda; then mount=(-v "$(readlink -f "${CUDA_HOME:-/usr/local/cuda}"):/usr/local/cuda:ro"); fi
build() { # tag [arguments]
    local tag=$1
    shift
    run_buildah bud --quiet --format docker --network host --pull-never --signature-policy "$state/policy.json" "${mount[@]}" \
        --build-arg "BUILD_BASE=localhost/$base" --build-arg "BASE=localhost/$base" --build-arg FAT=OFF \
        --build-arg "REVISION=$(git -C "$root" rev-parse HEAD)" -f "$context/docker/Dockerfile" -t "$tag" "$@" "$context" >/dev/null
}
build kedge:dev --target build
build kedge
echo "buildah.sh: built $(run_buildah images --format '{{.Name}}:{{.Tag}} {{.Size}}' | grep -E 'kedge:' | tr '\n' ',')"

failures=0
check() { # text, command
    local text=$1
    shift
    if output=$("$@" 2>&1); then echo "ok    $text"; else
        echo "FAIL  $text"
        printf '%s\n' "$output" | tail -5 | sed 's/^/      /'
        failures=$((failures + 1))
    fi
}
image=$(run_buildah from --signature-policy "$state/policy.json" --pull-never kedge)
in_image() { run_buildah run "$@"; }
entry=/usr/local/bin/kedge-entrypoint
silicon=/opt/kedge/share/kedge/structures/silicon-8.xyz
check "the program runs as the user of the image" in_image "$image" -- "$entry" energy --device cpu "$silicon"
check "the entry point says which device it sees" sh -c "$(declare -f run_buildah in_image); state=$state; in_image $image -- $entry info 2>&1 | grep -q 'kedge: device'"
check "an arbitrary user without a home" in_image --user 4321:4321 "$image" -- "$entry" kedge energy --device cpu "$silicon"
check "a GPU that is not there is exit status 4" sh -c "$(declare -f run_buildah in_image); state=$state; in_image $image -- $entry energy --device cuda $silicon; [ \$? -eq 4 ]"
check "the image does not run as root" sh -c "$(declare -f run_buildah in_image); state=$state; [ \$(in_image $image -- id -u) -ne 0 ]"
if $cuda; then check "the CUDA plug-in finds its libraries" in_image "$image" -- sh -c '! ldd /opt/kedge/lib*/kedge/libkedge_cuda.so | grep -v libcuda.so | grep -q "not found"'; fi
run_buildah rm "$image" >/dev/null
tests=$(run_buildah from --signature-policy "$state/policy.json" --pull-never kedge:dev)
check "the unit tests pass inside" in_image "$tests" -- ctest --test-dir build/release -L unit --output-on-failure -j 2
run_buildah rm "$tests" >/dev/null
[ $failures -eq 0 ]
