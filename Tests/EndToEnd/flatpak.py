# SPDX-License-Identifier: Apache-2.0
"""Programs in a sandbox as Flatpak makes it for those who look: a root of their own, with .flatpak-info in it."""

ENTER = """
set -e
root=$1 uid=$2 gid=$3
shift 3
mount -t tmpfs sandbox "$root"
for path in /*; do
  name=${path#/}
  if [ -L "$path" ]; then cp -P "$path" "$root/$name"
  elif [ -d "$path" ]; then mkdir "$root/$name"; mount --rbind "$path" "$root/$name"
  fi
done
cat >"$root/.flatpak-info"
exec /usr/sbin/chroot "$root" setpriv --reuid "$uid" --regid "$gid" --clear-groups -- "$@"
"""


class Flatpak:
    """An application of a user's, in place of the user for all that runs programs."""

    def __init__(self, user, application, info=None):
        self.user = user
        self.bed = user.bed
        self.info = info if info is not None else f"[Application]\nname={application}\n\n[Instance]\ninstance-id=1\n"

    def _enter(self, *command):
        # The place of the new root is anywhere; in the mount namespace of the program alone it is another.
        return ["unshare", "--mount", "sh", "-c", ENTER, "sh", "/mnt", self.user.uid, self.user.gid, *command]

    def run(self, *command, env=None, **options):
        assert "input" not in options, "the sandbox's .flatpak-info is what it reads"
        return self.bed.run(*self._enter(*command), env={**self.user.environment, **(env or {})},
                            input=self.info, **options)  # fmt: skip

    def spawn(self, *command, **options):
        info = self.bed.path(f"{self.user.home}/.flatpak-info")
        info.write_text(self.info)
        with info.open() as file:
            return self.bed.spawn(*self._enter(*command), env=self.user.environment, stdin=file, **options)
