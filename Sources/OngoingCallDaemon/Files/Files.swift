// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import Systemd

/// Small files, whole at a time.
enum Files {
  /// The contents, or nil where there is no such file or it is larger than `limit`.
  static func read(_ path: String, limit: Int = Limit.fileBytes) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return read(descriptor, limit: limit)
  }

  private static func read(_ descriptor: Int32, limit: Int) -> [UInt8]? {
    var contents: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0, contents.count + count <= limit else { return nil }
      if count == 0 { return contents }
      contents += buffer[..<count]
    }
  }

  /// The contents of a file that only this user can have written.
  static func readOwn(_ path: String, limit: Int = Limit.fileBytes) throws(FileProblem) -> [UInt8] {
    try readRegular(path, limit: limit, O_NOFOLLOW) { status throws(FileProblem) in
      guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
        throw .ofOthers(owner: status.st_uid, mode: status.st_mode & 0o7777)
      }
    }
  }

  /// The contents of what is a file, and nothing else that has a path.
  static func readRegular(
    _ path: String, limit: Int, _ flags: Int32 = 0, _ check: (stat) throws(FileProblem) -> Void = { _ in }
  ) throws(FileProblem) -> [UInt8] {
    // Not to wait for whoever writes to a pipe, and not to be given a terminal.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags)
    guard descriptor >= 0 else {
      let code = errno
      // What cannot be opened at all is named too: a socket, a device without a driver, somebody else's pipe.
      if let kind = FileKind(path, follows: flags & O_NOFOLLOW == 0) { throw .notRegular(kind) }
      throw .cannotBeRead(code)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .cannotBeRead(errno) }
    if let kind = FileKind(status.st_mode) { throw .notRegular(kind) }
    try check(status)
    guard status.st_size <= limit else { throw .tooLarge(Int(status.st_size), limit: limit) }
    guard let contents = read(descriptor, limit: limit) else { throw .cannotBeRead(errno) }
    return contents
  }

  /// Whether it is a file of this user, and no link to one.
  static func isOwn(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_uid == geteuid()
  }

  /// Replaces the file, so that at every moment it is the old one or the new one, whole; `durably` also where the
  /// machine loses its power after this has returned.
  static func write(_ contents: [UInt8], to path: String, durably: Bool = false) throws(SystemError) {
    let temporary = path + ".new"
    let descriptor = try SystemError.checkCall(
      open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600), "create \(temporary)")
    defer { close(descriptor) }
    var rest = contents[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      try SystemError.checkCall(Int32(clamping: count), "write \(temporary)")
      rest = rest.dropFirst(count)
    }
    if durably { try SystemError.checkCall(fsync(descriptor), "write \(temporary)") }
    try SystemError.checkCall(rename(temporary, path), "replace \(path)")
    if durably { try sync(directoryOf: path) }
  }

  private static func sync(directoryOf path: String) throws(SystemError) {
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let descriptor = try SystemError.checkCall(open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open \(directory)")
    defer { close(descriptor) }
    try SystemError.checkCall(fsync(descriptor), "write \(directory)")
  }

  static func remove(_ path: String) { unlink(path) }

  static func makeDirectory(_ path: String) throws(SystemError) {
    guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
    throw SystemError("create the directory \(path)", errno: errno)
  }

  /// With those above it.
  static func makeDirectories(_ path: String) throws(SystemError) {
    guard !isDirectory(path) else { return }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeDirectories(String(path[..<slash])) }
    try makeDirectory(path)
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The names in a directory, sorted; empty where there is none.
  static func names(in path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// What changes where a file does.
  struct Stamp: Codable, Equatable, Sendable {
    private let path: String
    private let inode: UInt64
    private let size: Int
    /// Seconds and nanoseconds.
    private let changed: [Int]

    init(_ path: String) {
      var status = stat()
      _ = stat(path, &status)
      (self.path, inode, size) = (path, UInt64(status.st_ino), Int(status.st_size))
      changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
  }

  static func isExecutable(_ path: String) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
    return access(path, X_OK) == 0
  }

  /// The bytes of a regular file that may be read; nil where it is none.
  static func size(ofReadable path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, access(path, R_OK) == 0 else { return nil }
    return Int(status.st_size)
  }

  static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}

enum DataDirectories {
  /// Those of the XDG Base Directory Specification, the user's own first.
  static func standard() -> [String] {
    let home = Environment[EnvironmentName.dataHome] ?? Environment["HOME"].map { $0 + "/.local/share" }
    let shared = (Environment[EnvironmentName.dataDirectories] ?? "/usr/local/share:/usr/share").split(separator: ":")
    return ([home].compactMap(\.self) + shared.map(String.init)).filter { $0.hasPrefix("/") }
  }
}

extension Files {
  /// Whether `descriptor` is a local stream socket, as both ends of an engine's channel are.
  static func isStreamSocket(_ descriptor: Int32) -> Bool {
    func option(_ name: Int32) -> Int32? {
      var value: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
    }
    return option(SO_DOMAIN) == AF_UNIX && option(SO_TYPE) == Int32(SOCK_STREAM.rawValue) && option(SO_ACCEPTCONN) == 0
  }
}

enum Environment {
  static subscript(name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}

extension Files {
  /// The absolute path of a program: of `name` itself, or in one of the folders of `path`.
  static func program(_ name: String, path: String) -> String? {
    if name.contains("/") { return name.hasPrefix("/") && isExecutable(name) ? name : nil }
    return path.split(separator: ":").lazy.map { "\($0)/\(name)" }.first { $0.hasPrefix("/") && isExecutable($0) }
  }

  /// Where a program for users is that was installed together with this one (PREFIX/bin and PREFIX/libexec).
  static func besideThisProgram(_ name: String) -> String? {
    var buffer = [CChar](repeating: 0, count: Limit.pathBytes)
    let length = readlink("/proc/self/exe", &buffer, buffer.count)
    guard length > 0 else { return nil }
    let own = String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
    let prefix = own.split(separator: "/").dropLast(2).joined(separator: "/")
    return "/\(prefix)/bin/\(name)"
  }

  /// Moves a file out of the way, replacing one that was moved before. Returns where it is then.
  static func setAside(_ path: String) throws(SystemError) -> String {
    let place = path + ".unreadable"
    try SystemError.checkCall(rename(path, place), "set \(path) aside")
    return place
  }
}

/// What else than a file there may be at a path.
enum FileKind: String {
  case folder
  case pipe
  case socket
  case device
  case link

  /// nil for a file.
  init?(_ mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFREG: return nil
    case S_IFDIR: self = .folder
    case S_IFIFO: self = .pipe
    case S_IFSOCK: self = .socket
    case S_IFLNK: self = .link
    default: self = .device
    }
  }

  /// nil also where there is nothing.
  init?(_ path: String, follows: Bool) {
    var status = stat()
    guard (follows ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
    self.init(status.st_mode)
  }
}

/// Why a file is not read.
enum FileProblem: Error, Equatable, CustomStringConvertible {
  case cannotBeRead(Int32)
  case notRegular(FileKind)
  case ofOthers(owner: uid_t, mode: mode_t)
  case tooLarge(Int, limit: Int)

  var description: String {
    switch self {
    case .cannotBeRead(let errno): "it cannot be read: \(String(cString: strerror(errno)))"
    case .notRegular(let kind): "it is a \(kind.rawValue), not a file"
    case .ofOthers(let owner, let mode):
      "others may have written it: it belongs to user \(owner) with mode \(String(mode, radix: 8)); "
        + "expected were user \(geteuid()) and mode 600"
    case .tooLarge(let bytes, let limit): "it is \(bytes) bytes large; at most \(limit) are read"
    }
  }
}
