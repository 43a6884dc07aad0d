// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import LinuxFiles
import OngoingCall

/// What is found in files.
enum FileProbes {
  /// Bytes that are read of a descriptor, as the daemon does, and names of a folder.
  private static let maximumBytes = 1 << 20
  private static let maximumNames = 1000

  static func engines(_ environment: DaemonEnvironment) -> EngineFinding {
    let folders = environment.directories.data.map { "\($0)/\(DataPath.engines)" }
    let files = folders.flatMap { folder in
      Files.names(in: folder, limit: maximumNames).filter { $0.hasSuffix(DataPath.engineFileSuffix) }.map {
        "\(folder)/\($0)"
      }
    }
    return EngineFinding(
      files: files.map {
        .init(
          path: $0,
          content: EngineFinding.content(Files.read($0, limit: maximumBytes), programProblem: ProgramLookup.problem))
      },
      folders: folders)
  }

  static func folder(_ path: String) -> FolderFinding {
    var existing = path
    while access(existing, F_OK) != 0, errno == ENOENT, let slash = existing.lastIndex(of: "/"), existing != "/" {
      existing = slash == existing.startIndex ? "/" : String(existing[..<slash])
    }
    var finding = FolderFinding(path: path, existing: existing, freeBytes: 0)
    var room = statvfs()
    guard access(existing, W_OK | X_OK) == 0, statvfs(existing, &room) == 0 else {
      let code = errno
      (finding.problem, finding.isReadOnly) = (String(cString: strerror(code)), code == EROFS)
      return finding
    }
    finding.freeBytes = UInt64(room.f_bavail) * UInt64(room.f_frsize)
    finding.freeFiles = room.f_files == 0 ? nil : UInt64(room.f_favail)
    return finding
  }

  /// The same, and whether it answers who writes.
  static func writtenFolder(_ path: String, within limit: Duration) -> FolderFinding {
    var finding = folder(path)
    guard finding.problem == nil, finding.freeBytes > 0 else { return finding }
    finding.hangs = !takesFiles(finding.existing, within: limit)
    return finding
  }

  /// By a process of its own, which is left behind where it waits: a process that does so cannot end.
  private static func takesFiles(_ folder: String, within limit: Duration) -> Bool {
    guard let pipe = try? Pipe() else { return true }
    defer { close(pipe.reading) }
    let script = #"f=$(mktemp "$1/.ongoingcall.XXXXXX") && rm -f "$f""#
    let child = try? ChildProcess(
      ["/bin/sh", "-c", script, "sh", folder], streams: [STDOUT_FILENO: pipe.writing, STDERR_FILENO: pipe.writing])
    close(pipe.writing)
    guard let child, (try? Pipe.read([pipe], until: Deadline(in: limit), limit: maximumBytes)) != nil else {
      return child == nil
    }
    _ = child.wait()
    return true
  }

  static func audio(_ environment: DaemonEnvironment) -> AudioFinding {
    let runtime = environment.directories.runtime
    let sockets = [("PipeWire", runtime + "/pipewire-0"), ("PulseAudio", runtime + "/pulse/native")]
    let lines = Files.read("/proc/asound/cards", limit: maximumBytes).map { String(decoding: $0, as: UTF8.self) } ?? ""
    // " 0 [PCH            ]: HDA-Intel - HDA Intel PCH", and a second line of each.
    let cards = lines.split(separator: "\n").compactMap { line in
      line.contains("]: ") ? line.split(separator: "-").last.map { String($0.drop { $0 == " " }) } : nil
    }
    let devices = Files.names(in: "/dev/snd", limit: maximumNames).filter { $0.hasPrefix("pcm") }
    return AudioFinding(
      servers: sockets.filter { listens($0.1) }.map(\.0), cards: cards,
      mayUseCards: devices.contains { access("/dev/snd/" + $0, R_OK | W_OK) == 0 })
  }

  /// Whether somebody takes connections there; a server that waits for the first one is started by it.
  private static func listens(_ path: String) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard path.utf8.count < room else { return false }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard socket >= 0 else { return false }
    defer { close(socket) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 || errno == EAGAIN
      }
    }
  }
}
