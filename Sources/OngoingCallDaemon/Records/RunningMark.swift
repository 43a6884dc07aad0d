// SPDX-License-Identifier: Apache-2.0
import LinuxFiles
import Systemd

/// A file in the runtime folder that exists while a daemon runs, and remains if the daemon is killed.
///
/// The service manager could log the same, but it would wait for the journal (`LogLevelMax=` in the unit).
@EventLoopActor
enum RunningMark {
  private static var path: String?

  /// Creates the mark, and returns whether it existed.
  static func leave(in directory: String) -> Bool {
    let mark = "\(directory)/running"
    path = mark
    let wasThere = Files.exists(mark)
    // If this fails, the next daemon does not log that this one was killed.
    if !wasThere { try? Files.write([], to: mark) }
    return wasThere
  }

  nonisolated static func remove() { EventLoopActor.assumeIsolated { if let path { Files.remove(path) } } }
}
