// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import LinuxFiles

/// Finds out what confines a process, in the same way as portals: the root of a Flatpak's sandbox, and that of its bus
/// proxy, has a file for this purpose; a Snap has its security label.
struct CallerProcess {
  var number: Int32
  /// A descriptor of the same process (pidfd_open(2)), if the bus gives one. The caller keeps it.
  var descriptor: Int32?
  /// The security label when it connected to the bus, if the bus reports it.
  var label: [UInt8]?
  var processes = "/proc"

  private struct Problem: Error {
    var text: String
    init(_ text: String) { self.text = text }
  }

  /// Opens at most two descriptors at a time. Anything that cannot be found out is a reason not to trust the process.
  func identify() -> Caller {
    // The folder stays bound to this process, and is empty when the number is reused.
    let folder = open("\(processes)/\(number)", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return .unidentified("cannot find its process \(number): \(reason(errno))") }
    defer { close(folder) }
    do throws(Problem) {
      try check(folder)
      var found: Set<Sandbox> = []
      if let label, let snap = try snap(label) { found.insert(snap) }
      if let snap = try snap(inLabelOf: folder) { found.insert(snap) }
      if let flatpak = try flatpak(folder) { found.insert(flatpak) }
      // What was not found did not exist, because the process was alive all the time.
      try check(folder)
      guard let sandbox = found.first else { return .unconfined }
      guard found.count == 1 else { throw Problem("its process is in several sandboxes") }
      return .sandboxed(sandbox)
    } catch { return .unidentified(error.text) }
  }

  /// Checks that the process is alive, that its root is accessible, and that it is the one of `descriptor`.
  private func check(_ folder: Int32) throws(Problem) {
    var byte: CChar = 0
    guard readlinkat(folder, "root", &byte, 1) > 0 else {
      throw Problem("cannot read the root directory of its process \(number): \(reason(errno))")
    }
    guard let descriptor else { return }
    var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&question, 1, 0) == 0 else { throw Problem("its process \(number) has exited") }
  }

  // MARK: Flatpak

  private func flatpak(_ folder: Int32) throws(Problem) -> Sandbox? {
    let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    let file = openat(folder, "root/\(FlatpakInfo.name)", flags)
    guard file >= 0 else {
      let code = errno
      if code == ENOENT { return nil }
      // The root of a container of another user, which this user may not enter. A Flatpak never has such a root.
      if code == EACCES, clinux_is_fuse("/proc/self/fd/\(folder)/root") { return nil }
      throw Problem("its /\(FlatpakInfo.name) cannot be read: \(reason(code))")
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw Problem("its /\(FlatpakInfo.name) is no file")
    }
    let contents: [UInt8]
    do { contents = try read(file, atMost: FlatpakInfo.limit) } catch {
      throw Problem("its /\(FlatpakInfo.name) cannot be read: \(reason(error.code))")
    }
    do { return Sandbox(.flatpak, try FlatpakInfo.application(of: contents)) } catch {
      throw Problem("its /\(FlatpakInfo.name) is invalid: \(error.text)")
    }
  }

  // MARK: Snap

  private func snap(inLabelOf folder: Int32) throws(Problem) -> Sandbox? {
    for name in ["attr/apparmor/current", "attr/current"] {
      let file = openat(folder, name, O_RDONLY | O_CLOEXEC)
      if file < 0 && errno == ENOENT { continue }
      guard file >= 0 else { throw Problem("its \(name) cannot be read: \(reason(errno))") }
      defer { close(file) }
      let label: [UInt8]
      do { label = try read(file, atMost: SecurityLabel.limit) } catch {
        // There is no security module with labels.
        if error.code == EINVAL || error.code == EOPNOTSUPP { continue }
        throw Problem("its \(name) cannot be read: \(reason(error.code))")
      }
      return try snap(label)
    }
    return nil
  }

  private func snap(_ label: [UInt8]) throws(Problem) -> Sandbox? {
    guard let label = SecurityLabel(label) else { throw Problem("its security label is invalid") }
    switch label.snap {
    case .none: return nil
    case .snap(let name): return Sandbox(.snap, name)
    case .unclear: throw Problem("its security label is not that of one Snap")
    }
  }

  // MARK: Reading

  private struct ReadFailure: Error {
    var code: Int32
  }

  private func read(_ file: Int32, atMost limit: Int) throws(ReadFailure) -> [UInt8] {
    guard let contents = Descriptor.contents(of: file, limit: limit) else { throw ReadFailure(code: errno) }
    return contents
  }

  private func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
