// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Glibc
import OngoingCallTestSupport
import Testing

/// The built `ongoingcallctl`, run as a process.
struct Tool {
  struct Result {
    /// The exit status, or minus the number of the signal that ended it.
    var status: Int32
    var output: String
    var error: String

    var outputJSON: Output? { try? JSONDecoder().decode(Output.self, from: Data(output.utf8)) }
    var errorJSON: Output? { try? JSONDecoder().decode(Output.self, from: Data(error.utf8)) }
  }

  /// The documented shape of what `--json` prints.
  struct Output: Decodable {
    struct Media: Decodable, Equatable {
      var sent, received, lost: UInt64
      var roundTrip, jitter: UInt64?
      var levelSent, levelReceived: Int?
      var codec, microphone, speaker: String?
      var fallback: [String] = []
      var echoCancellation: Bool?
      var encryption: String?

      enum CodingKeys: String, CodingKey {
        case sent, received, lost, codec, microphone, speaker, fallback, encryption
        case roundTrip = "round-trip-ms"
        case jitter = "jitter-ms"
        case levelSent = "level-sent"
        case levelReceived = "level-received"
        case echoCancellation = "echo-cancellation"
      }
    }

    struct Device: Decodable, Equatable {
      var engine, direction, name, description: String
      var `default`: Bool
    }

    struct Session: Decodable, Equatable {
      var id, title, uri, engine, unit, state: String
      var name, applicationID, endReason, endDetail: String
      var adopted, muted, onHold: Bool
      var launchedAt, joinedAt, duration: UInt64
      var survivesLogout: Bool?
      var media: Media?
      var recording: String
      var account: String
      var notification: [String: String?]?

      enum CodingKeys: String, CodingKey {
        case id, title, name, uri, account, engine, unit, state, adopted, muted, media, notification, recording
        case applicationID = "application-id"
        case endReason = "end-reason"
        case endDetail = "end-detail"
        case onHold = "on-hold"
        case survivesLogout = "survives-logout"
        case launchedAt = "launched-at-usec"
        case joinedAt = "joined-at-usec"
        case duration = "duration-usec"
      }
    }

    struct Failure: Decodable {
      var name, message: String
      var remedy: String?
      var exitStatus: Int32

      enum CodingKeys: String, CodingKey {
        case name, message, remedy
        case exitStatus = "exit-status"
      }
    }

    var version: Int
    var session: Session?
    var sessions: [Session]?
    var devices: [Device]?
    var error: Failure?
  }

  /// `NAME=VALUE`
  var environment: [String]
  var directory = "/"
  /// It is there as long as this.
  private var bus: PrivateBus?

  /// With nothing of this process's surroundings but what is said here, and what `Tests/sanitize` tells a sanitizer.
  init(_ environment: [String: String]) {
    self.environment = environment.map { "\($0.key)=\($0.value)" } + Self.sanitizerOptions
  }

  private static let sanitizerOptions = ["ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "SWIFT_BACKTRACE"].compactMap {
    (name: String) in getenv(name).map { "\(name)=\(String(cString: $0))" }
  }

  init(on bus: PrivateBus) {
    self.init(["DBUS_SESSION_BUS_ADDRESS": bus.address, "PATH": "/usr/bin:/bin", "TZ": "UTC"])
    self.bus = bus
  }

  /// The same, with more in its environment.
  func with(_ variables: String...) -> Tool {
    var tool = self
    tool.environment += variables
    return tool
  }

  /// The same, in another working directory.
  func inside(_ directory: String) -> Tool {
    var tool = self
    tool.directory = directory
    return tool
  }

  func run(_ arguments: String...) throws -> Result { try run(arguments) }

  func run(_ arguments: [String], output: Int32? = nil) throws -> Result {
    try run(bytes: arguments.map { Array($0.utf8) }, output: output)
  }

  /// - Parameter line: arguments with blanks between them.
  func run(line: String, output: Int32? = nil) throws -> Result {
    try run(line.split(separator: " ").map(String.init), output: output)
  }

  /// With a standard output that nobody reads any more.
  func runUnread(_ arguments: String...) throws -> Result {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    close(ends[0])
    defer { close(ends[1]) }
    return try run(arguments, output: ends[1])
  }

  /// - Parameter given: the standard output, if given; then nothing of it is read.
  func run(bytes arguments: [[UInt8]], output given: Int32? = nil) throws -> Result {
    let (output, error) = (try Channel(), try Channel())
    let changed = ["/usr/bin/env", "-C", directory, Self.path].map { Array($0.utf8) }
    let process = try spawn(changed + arguments, output: given ?? output.inside, error: error.inside)
    output.closeInside()
    error.closeInside()
    let texts = Channel.readAll([output, error], orKill: process)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    let signal = status & 0x7F
    return Result(status: signal == 0 ? status >> 8 & 0xFF : -signal, output: texts[0], error: texts[1])
  }

  /// Next to the tests, which are a program.
  static let path: String = {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
    let tests = String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
    return (tests.lastIndex(of: "/").map { tests[...$0] } ?? "") + "ongoingcallctl"
  }()

  private func spawn(_ arguments: [[UInt8]], output: Int32, error: Int32) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    if output >= 0 {
      posix_spawn_file_actions_adddup2(&actions, output, 1)
    } else {
      posix_spawn_file_actions_addclose(&actions, 1)
    }
    posix_spawn_file_actions_adddup2(&actions, error, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Dispatch's threads block signals, and a process inherits that.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var raw = arguments.map { strndup($0.map(CChar.init(bitPattern:)), $0.count) } + [nil]
    var variables = environment.map { strdup($0) } + [nil]
    defer { for string in raw + variables { free(string) } }
    var process: pid_t = 0
    let result = posix_spawn(&process, "/usr/bin/env", &actions, &attributes, &raw, &variables)
    try #require(result == 0, "env: \(String(cString: strerror(result)))")
    return process
  }
}

extension DaemonFixture {
  /// The tool on this bus.
  var tool: Tool { Tool(on: bus) }
}

extension DaemonSuite {
  var tool: Tool { fixture.tool }
}

/// A pipe whose ends no other process gets.
private final class Channel {
  private(set) var inside: Int32
  private let outside: Int32

  init() throws {
    var ends: [Int32] = [0, 0]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
    (inside, outside) = (ends[0], ends[1])
  }

  func closeInside() {
    if inside >= 0 { close(inside) }
    inside = -1
  }

  deinit {
    closeInside()
    close(outside)
  }

  /// Everything that comes out of the channels; a process that takes too long is killed.
  static func readAll(_ channels: [Channel], orKill process: pid_t) -> [String] {
    var results = channels.map { _ in [UInt8]() }
    var open = Set(channels.indices)
    var buffer = [UInt8](repeating: 0, count: 65536)
    while !open.isEmpty {
      var waits = channels.indices.map {
        pollfd(fd: open.contains($0) ? channels[$0].outside : -1, events: Int16(POLLIN), revents: 0)
      }
      let ready = poll(&waits, nfds_t(waits.count), 60_000)
      if ready < 0 && errno == EINTR { continue }
      guard ready > 0 else {
        Issue.record("ongoingcallctl hangs")
        kill(process, SIGKILL)
        break
      }
      for index in open where waits[index].revents != 0 {
        let count = read(channels[index].outside, &buffer, buffer.count)
        if count > 0 { results[index] += buffer[..<count] } else { open.remove(index) }
      }
    }
    return results.map { String(decoding: $0, as: UTF8.self) }
  }
}
