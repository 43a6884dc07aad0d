// SPDX-License-Identifier: Apache-2.0

/// Runs jobs at once, wherever they come from. A task that prefers an executor lets others on wherever it changes to an
/// actor, even to the one that it is on.
final class InlineExecutor: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    UnownedJob(job).runSynchronously(on: asUnownedTaskExecutor())
  }
}
