#!/usr/bin/env bash
# Runs the tests of framewire-convert for 64-bit Arm under qemu-user, so that its NEON kernels are executed and compared
# with their scalar twins.
#
# Needs Debian's gcc-aarch64-linux-gnu and qemu-user, and rustup for the standard library of the target; installs what
# is missing where it can. Exit status: cargo's own; 3 where it could not be set up.
set -euo pipefail
cd "$(dirname "$0")/.."
target=aarch64-unknown-linux-gnu

missing=()
command -v aarch64-linux-gnu-gcc >/dev/null || missing+=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
command -v qemu-aarch64 >/dev/null || missing+=(qemu-user)
{
  if ((${#missing[@]})); then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"
  fi
  [[ -d $(rustc --print sysroot)/lib/rustlib/$target/lib ]] || rustup target add "$target"
  [[ -d $(rustc --print sysroot)/lib/rustlib/$target/lib ]]
} >&2 || { echo "neon: could not set up the cross toolchain (see above)" >&2; exit 3; }

export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
exec cargo test -p framewire-convert --target "$target" --features verify-kernels "$@"
