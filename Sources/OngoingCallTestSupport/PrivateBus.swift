// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import LinuxFiles

/// A real message bus of a test's own, which nothing else is on and which knows no installed services.
///
/// It ends with ``stop()``, with this object, and with the process, however that ends.
public final class PrivateBus {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// The implementations of a bus. They differ in what they let through: dbus-daemon brings everybody's answer to
  /// whoever it is addressed to.
  public enum Kind: String, CaseIterable, Sendable {
    case daemon = "dbus-daemon"
    /// Without its launcher, which needs systemd: a call to a name that can be activated waits for an owner.
    case broker = "dbus-broker"

    /// Those that this machine has.
    public static var installed: [Kind] { allCases.filter { access("/usr/bin/\($0.rawValue)", X_OK) == 0 } }
  }

  /// What goes into `DBUS_SESSION_BUS_ADDRESS`.
  public let address: String
  /// A folder that goes away with the bus; nobody else may look into it.
  public let directory: String
  private let process: pid_t
  private var lifeline: Int32
  private var control: BrokerControl?

  /// Starts a bus and waits until it can be connected to.
  ///
  /// - Parameters:
  ///   - services: names that the bus can activate, and the command line that it runs to do so.
  ///   - startLimit: how many milliseconds an activated service may take to own its name.
  ///   - matchLimit: to how many things each connection may listen, where it is dbus-daemon.
  public init(
    _ kind: Kind = .daemon, services: [String: String] = [:], startLimit: Int = 20_000, matchLimit: Int = 50_000
  ) throws {
    var template = Array("/tmp/ongoingcall-bus-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure(description: "mkdtemp: \(problem())") }
    directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    guard kind == .daemon else {
      (address, lifeline) = ("unix:path=\(directory)/bus", -1)
      let (ours, theirs) = try Self.channel()
      defer { close(theirs) }
      process = try Self.spawn(
        [
          "/usr/bin/env", "dbus-broker", "--controller", "0", "--machine-id", String(repeating: "0", count: 31) + "1",
          "--max-bytes", "1000000000", "--max-fds", "4096", "--max-matches", "16384", "--max-objects", "16384",
        ],
        input: theirs, output: STDERR_FILENO)
      control = try BrokerControl(ours, socket: "\(directory)/bus", names: Array(services.keys))
      return
    }
    let services = services.map { name, command in
      ("\(name).service", "[D-BUS Service]\nName=\(name)\nExec=\(command)\n")
    }
    let files = services + [("bus.conf", Self.configuration(directory, startLimit, matchLimit))]
    for (name, text) in files { try Self.write(text, to: "\(directory)/\(name)") }

    let (lifelineEnd, lifeline) = try Self.channel()
    defer { close(lifelineEnd) }
    let (output, outputEnd) = try Self.channel()
    defer { close(output) }
    // The shell ends the bus as soon as nobody holds the other end of its standard input any more. What the bus says
    // of itself is in its folder while it runs.
    let script = #""$@" 2>"\#(directory)/log" & cat >/dev/null; kill $!; wait $!"#
    process = try Self.spawn(
      [
        "/bin/sh", "-c", script, "sh", "dbus-daemon", "--nofork", "--print-address=1",
        "--config-file=\(directory)/bus.conf",
      ],
      input: lifelineEnd, output: outputEnd)
    self.lifeline = lifeline
    close(outputEnd)
    guard let address = Self.firstLine(of: output) else {
      throw Failure(description: "dbus-daemon (of the package of that name) did not start")
    }
    self.address = address
  }

  deinit { stop() }

  /// Ends the bus; all its connections are closed. Returns when it is gone.
  public func stop() {
    guard lifeline >= 0 || control != nil else { return }
    // It ends with its controller.
    control = nil
    if lifeline >= 0 { close(lifeline) }
    lifeline = -1
    var status: Int32 = 0
    _ = retryOnInterrupt { waitpid(process, &status, 0) }
    for name in Files.names(in: directory) { unlink("\(directory)/\(name)") }
    rmdir(directory)
  }

  private static func configuration(_ directory: String, _ startLimit: Int, _ matchLimit: Int) -> String {
    """
    <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
      "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
    <busconfig>
      <type>session</type>
      <listen>unix:path=\(directory)/bus</listen>
      <auth>EXTERNAL</auth>
      <servicedir>\(directory)</servicedir>
      <!-- As session buses have it. -->
      <limit name="max_incoming_bytes">1000000000</limit>
      <limit name="max_outgoing_bytes">1000000000</limit>
      <limit name="max_message_size">1000000000</limit>
      <limit name="service_start_timeout">\(startLimit)</limit>
      <limit name="max_match_rules_per_connection">\(matchLimit)</limit>
      <policy context="default">
        <allow send_destination="*" eavesdrop="true"/>
        <allow eavesdrop="true"/>
        <allow own="*"/>
      </policy>
    </busconfig>

    """
  }
}

// MARK: - The system

extension PrivateBus {
  private static func write(_ text: String, to path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Failure(description: "\(path): \(problem())") }
    defer { close(file) }
    guard Glibc.write(file, text, text.utf8.count) == text.utf8.count else {
      throw Failure(description: "\(path): \(problem())")
    }
  }

  /// Close-on-exec from the beginning, so that no process that another test starts meanwhile keeps an end.
  private static func channel() throws -> (Int32, Int32) {
    var ends: [Int32] = [0, 0]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Failure(description: "socketpair: \(problem())") }
    return (ends[0], ends[1])
  }

  private static func spawn(_ arguments: [String], input: Int32, output: Int32) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    // Dispatch's threads block signals, and a process inherits that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var nothing = sigset_t()
    sigemptyset(&nothing)
    posix_spawnattr_setsigmask(&attributes, &nothing)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var raw: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for argument in raw { free(argument) } }
    var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/local/bin:/usr/bin:/bin"), nil]
    defer { free(environment[0]) }
    var process: pid_t = 0
    let result = posix_spawn(&process, arguments[0], &actions, &attributes, &raw, &environment)
    guard result == 0 else { throw Failure(description: "\(arguments[0]): \(String(cString: strerror(result)))") }
    return process
  }

  private static func firstLine(of descriptor: Int32) -> String? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while read(descriptor, &byte, 1) == 1 {
      if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
      line.append(byte)
    }
    return nil
  }
}

private func problem() -> String { String(cString: strerror(errno)) }
