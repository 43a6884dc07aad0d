// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import LinuxFiles
import Systemd

/// The folder with the daemon's memory, which belongs to one daemon at a time.
///
/// The folder itself is locked. That needs no free space, and no file that somebody else may have made. The lock ends
/// with the process, however the process ends.
///
/// But a disk that does not answer can keep a killed process from exiting; it does nothing any more, but keeps its
/// lock. Later daemons then lock the first free one of some more folders inside this one. A daemon is running if a
/// process that was not killed holds one of these locks.
@EventLoopActor
final class RuntimeFolder {
  enum Problem: Error, Equatable, CustomStringConvertible {
    case unusable(SystemError)
    case ofOthers(String, owner: uid_t)
    /// The process is nil if it is unknown.
    case taken(String, by: Int32?)
    /// The service manager runs a daemon, or is about to start one.
    case managed

    var isAnotherDaemon: Bool {
      switch self {
      case .taken, .managed: true
      case .unusable, .ofOthers: false
      }
    }

    var description: String {
      switch self {
      case .unusable(let error): "\(error)"
      case .ofOthers(let path, let owner):
        "the runtime folder \(path) belongs to user \(owner); it must belong to user \(geteuid())"
      case .taken(let path, let process):
        "\(process.map { "the process \($0)" } ?? "another process") is already running as \(DaemonName.executable) in "
          + "\(path) and keeps the calls; nothing was changed (see \(ToolName.control) status)"
      case .managed:
        "\(DaemonName.unit) is already running and keeps the calls; nothing was changed (see \(ToolName.control) status)"
      }
    }
  }

  let path: String
  private let descriptors: [Int32]
  /// The number of killed processes that may linger, each of which may have been the daemon.
  private static let mostKilled = 8

  /// `$RUNTIME_DIRECTORY`; the same path if the daemon was not started by a service manager.
  static func standardPath() -> String {
    Environment[EnvironmentName.runtimeDirectory]
      ?? "\(BaseDirectories().runtime)/\(DaemonName.executable)"
  }

  /// Creates the folder if necessary, and locks it.
  ///
  /// - Parameter wasKilled: whether a process does nothing any more.
  init(locking path: String, wasKilled: (Int32) -> Bool = ProcessStatus.wasKilled) throws(Problem) {
    self.path = path
    var held: [Int32] = []
    do throws(Problem) {
      for number in 0...Self.mostKilled {
        let place = number == 0 ? path : "\(path)/lock-\(number)"
        // After the first free folder, a missing folder is held by nobody.
        if !held.isEmpty && !Files.exists(place) { continue }
        let descriptor = try Self.open(place)
        guard let holder = try Self.lock(descriptor, place) else {
          if held.isEmpty { held.append(descriptor) } else { close(descriptor) }
          continue
        }
        close(descriptor)
        guard let process = holder.process, wasKilled(process) else { throw Problem.taken(path, by: holder.process) }
      }
      guard !held.isEmpty else { throw Problem.taken(path, by: nil) }
    } catch {
      for descriptor in held { close(descriptor) }
      throw error
    }
    descriptors = held
  }

  deinit { for descriptor in descriptors { close(descriptor) } }

  private static func open(_ path: String) throws(Problem) -> Int32 {
    do throws(SystemError) {
      try Files.makeDirectory(path)
      return try SystemError.checkCall(
        Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), "open the runtime folder \(path)")
    } catch { throw .unusable(error) }
  }

  /// A process that holds a lock; nil if it is unknown.
  private struct Holder { var process: Int32? }

  /// Returns the holder of the lock, if there is one.
  private static func lock(_ descriptor: Int32, _ path: String) throws(Problem) -> Holder? {
    var (locked, named) = (stat(), stat())
    guard fstat(descriptor, &locked) == 0 else { throw .unusable(SystemError("look at \(path)", errno: errno)) }
    guard locked.st_uid == geteuid() else { throw .ofOthers(path, owner: locked.st_uid) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      guard errno == EWOULDBLOCK else { throw .unusable(SystemError("lock \(path)", errno: errno)) }
      return Holder(process: holder(of: locked))
    }
    // The folder may have been removed meanwhile, and created again by another daemon.
    guard lstat(path, &named) == 0, named.st_ino == locked.st_ino, named.st_dev == locked.st_dev else {
      return Holder(process: nil)
    }
    return nil
  }

  /// Waits a limited time for another daemon to exit.
  static func locking(_ path: String, within patience: Duration) async throws -> RuntimeFolder {
    let end = SystemClock.monotonic.now + patience.microseconds
    while true {
      switch attempt(path) {
      case .success(let folder): return folder
      case .failure(let problem):
        guard case .taken = problem, SystemClock.monotonic.now < end else { throw problem }
        try await EventSource.pause(Wait.connectionRetry)
      }
    }
  }

  private static func attempt(_ path: String) -> Result<RuntimeFolder, Problem> {
    Result { () throws(Problem) in try RuntimeFolder(locking: path) }
  }

  /// The process that holds the lock (proc(5), /proc/locks).
  private static func holder(of folder: stat) -> Int32? {
    guard let text = Files.read("/proc/locks").flatMap({ String(validating: $0, as: UTF8.self) }) else { return nil }
    // 1: FLOCK  ADVISORY  WRITE PID MAJOR:MINOR:INODE 0 EOF
    let locks = text.split(separator: "\n").map { $0.split(separator: " ") }
    let lock = locks.first { fields in
      fields.count > 5 && fields[1] == "FLOCK" && fields[5].split(separator: ":").last == "\(folder.st_ino)"[...]
    }
    return lock.flatMap { Int32($0[4]) }
  }
}
