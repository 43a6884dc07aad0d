// SPDX-License-Identifier: Apache-2.0
#pragma once

// A child of this process that is a copy of it, which fork(2) makes and Swift does not let one make.

// Returns the child's id in the parent and 0 in the child, or a negative errno. `*end` is then its end of a stream
// socket: non-blocking in the parent. The child has no other descriptor, the working directory "/", `name` for ps(1),
// and is killed when the parent's thread that made it is gone.
int oc_fork(const char *name, int *end);

// From now on nobody has to wait(2) for children.
void oc_forget_children(void);
