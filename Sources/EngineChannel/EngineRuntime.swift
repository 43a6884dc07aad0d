// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import CallLife
internal import CallModel
internal import Glibc
internal import LinuxFiles

/// An engine's end of the channel: its standard input and output. It never blocks.
///
/// Poll ``descriptor`` for reading, and for writing while ``wantsToWrite`` is true. Call ``receive()`` when it is
/// readable and ``flush()`` when it is writable. Tell it with ``noteFarEnd(heardAt:)`` when the far end was heard last,
/// and check ``leaseHasExpired`` when ``millisecondsToLeaseEnd`` have passed. Memory does not grow while the daemon is
/// away: only the newest state and the newest media counters wait to be written.
public final class EngineRuntime {
  public enum Closed: Error {
    /// The daemon was stopped for good. Leave the call and exit.
    case byDaemon
  }

  public let descriptor: Int32
  private let output: Int32
  private var framer = LineFramer()
  /// The descriptor that belongs to the incomplete line.
  private var passed: PassedDescriptor?
  /// The descriptors of the requests that were received last.
  private var attached: [PassedDescriptor] = []
  private var writing: ArraySlice<UInt8> = []
  private var state: [UInt8]?
  private var media: [UInt8]?
  private var answers: [[UInt8]] = []
  private static let maximumAnswers = 32
  private static let maximumReads = 8
  private var lease: Int?
  private var heardAt = monotonicMilliseconds()
  private var farEndHeardAt = Int.min
  /// The service manager, with which the user can stop this process.
  private let starter = getppid()

  /// Takes over the two descriptors and makes them non-blocking.
  public init(input: Int32 = 0, output: Int32 = 1) {
    descriptor = input
    self.output = output
    for fd in Set([input, output]) { Descriptor.makeNonBlocking(fd) }
    _ = signal(SIGPIPE, SIG_IGN)
  }

  /// Returns the requests that have arrived since the last call, up to a bound; if there are more, the descriptor stays
  /// readable. Lines that are not requests are answered with the error `invalid`.
  ///
  /// - Throws: ``Closed/byDaemon`` at the end of the channel, once all requests were returned.
  public func receive() throws(Closed) -> [EngineRequest] {
    attached.removeAll()
    var requests: [EngineRequest] = []
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    for _ in 0..<Self.maximumReads {
      var received: Int32 = -1
      let count = retryOnInterrupt { clinux_receive(descriptor, &buffer, buffer.count, &received) }
      if count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) { return requests }
      guard count > 0 else {
        guard requests.isEmpty else { return requests }
        throw .byDaemon
      }
      heardAt = monotonicMilliseconds()
      take(buffer[..<count], PassedDescriptor(received), into: &requests)
    }
    return requests
  }

  /// Returns the descriptor of the next `attach` among the requests that were received last, or nil. The caller owns
  /// it. The next ``receive()`` closes descriptors that were not taken.
  public func takeDescriptor() -> Int32? { attached.isEmpty ? nil : attached.removeFirst().take() }

  /// A descriptor belongs to the line of the last byte that came with it; receiving stops there.
  private func take(_ bytes: ArraySlice<UInt8>, _ received: PassedDescriptor?, into requests: inout [EngineRequest]) {
    let lines = framer.each(of: bytes)
    let endsLine = bytes.last == UInt8(ascii: "\n")
    for (index, line) in lines.enumerated() {
      let isLast = index == lines.count - 1
      take(line, (isLast && endsLine ? received : nil) ?? passed, into: &requests)
      passed = nil
    }
    if endsLine { passed = nil } else { passed = received ?? passed }
  }

  private func take(_ line: LineFramer.Line, _ passed: PassedDescriptor?, into requests: inout [EngineRequest]) {
    do throws(EngineProtocolError) {
      let request = try EngineRequest(line: line.get())
      if case .hello(let hello) = request { lease = hello.lease }
      if request == .attach {
        guard let passed else {
          return send(.error(EngineError(.invalid, request: request.type, message: "its descriptor is missing")))
        }
        attached.append(passed)
      }
      requests.append(request)
    } catch {
      send(.error(EngineError(.invalid, request: "", message: "\(error)")))
    }
  }

  /// Sends `message` now, or as soon as the daemon reads again. A `resume` that is too long is dropped.
  public func send(_ message: EngineMessage) {
    switch message {
    case .state(let report, let resume):
      let fits = (resume?.utf8.count ?? 0) <= EngineProtocol.maximumResumeLength
      state = Self.line(.state(report, resume: fits ? resume : nil)) ?? Self.line(.state(report, resume: nil))
      // No counters after the end.
      if case .ended = report.state { media = nil }
    case .media: media = Self.line(message)
    case .pong, .program, .digits, .registration, .error, .unknown:
      guard let line = Self.line(message) else { return }
      if answers.count == Self.maximumAnswers { answers.removeFirst() }
      answers.append(line)
    }
    flush()
  }

  private static func line(_ message: EngineMessage) -> [UInt8]? { try? message.encoded() }

  /// Whether something waits to be written: poll ``descriptor`` for writing.
  public var wantsToWrite: Bool { !writing.isEmpty || state != nil || media != nil || !answers.isEmpty }

  /// Writes what waits, as far as the daemon takes it.
  public func flush() {
    while wantsToWrite {
      if writing.isEmpty { writing = next()[...] }
      let count = retryOnInterrupt { writing.withUnsafeBytes { write(output, $0.baseAddress, $0.count) } }
      guard count > 0 else {
        // The daemon is gone; `receive` reports it.
        if errno == EPIPE { (writing, state, media, answers) = ([], nil, nil, []) }
        return
      }
      writing = writing.dropFirst(count)
    }
  }

  /// Notes when the far end was heard last: a time of CLOCK_MONOTONIC in milliseconds; nil is now. If a program is the
  /// call, call this while it runs.
  ///
  /// The user is in a conversation then. While this is so, and the user can end the call without a daemon because the
  /// service manager that started this process is still there, the lease does not expire.
  public func noteFarEnd(heardAt time: Int? = nil) {
    farEndHeardAt = max(farEndHeardAt, min(time ?? .max, monotonicMilliseconds()))
  }

  /// Whether neither a daemon nor the far end was heard for the time of the lease, or nobody could end the call. If
  /// true, leave the call with the reason `lease-expired`.
  public var leaseHasExpired: Bool { millisecondsToLeaseEnd == 0 }

  /// How long the lease still runs if nothing more is heard, in milliseconds: a poll timeout. Nil if there is no lease.
  public var millisecondsToLeaseEnd: Int32? {
    milliseconds(after: getppid() == starter ? max(heardAt, farEndHeardAt) : heardAt)
  }

  /// Whether no daemon was heard for the time of the lease. The call may still go on.
  public var isWithoutDaemon: Bool { milliseconds(after: heardAt) == 0 }

  /// The command with which a user ends this engine's call without a daemon, for messages.
  public static var wayOut: String {
    let session = getenv("ONGOINGCALL_SESSION").map { String(cString: $0) } ?? "*"
    return "systemctl --user stop 'app-ongoingcall-*@\(session).service'"
  }

  private func milliseconds(after time: Int) -> Int32? {
    guard let lease, lease > 0 else { return nil }
    let seconds = min(lease, Int(Int32.max) / 1000)
    return Int32(max(0, time + seconds * 1000 - monotonicMilliseconds()))
  }

  private func next() -> [UInt8] {
    if !answers.isEmpty { return answers.removeFirst() }
    defer { if state != nil { state = nil } else { media = nil } }
    return state ?? media ?? []
  }
}

/// Suspended time does not count, because no daemon could be heard meanwhile.
private func monotonicMilliseconds() -> Int {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
}
