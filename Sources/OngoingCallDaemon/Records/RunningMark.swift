// SPDX-License-Identifier: Apache-2.0
import LinuxFiles
import Systemd

/// A file in the runtime folder that is there while a daemon runs, and stays where one is killed.
///
/// The service manager would say so in the journal; but it would wait for that (`LogLevelMax=` in the unit).
@EventLoopActor
enum RunningMark {
  private static var path: String?

  /// Leaves it, and returns whether it was there.
  static func leave(in directory: String) -> Bool {
    let mark = "\(directory)/running"
    path = mark
    let wasThere = Files.exists(mark)
    // Without it, a killed daemon is not told of.
    if !wasThere { try? Files.write([], to: mark) }
    return wasThere
  }

  nonisolated static func remove() { EventLoopActor.assumeIsolated { if let path { Files.remove(path) } } }
}
