// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCall
import TerminalChannel

/// A view of a program's terminal on the caller's: carries what is typed and what is shown, until it ends.
final class TerminalView {
  enum End: Equatable {
    case detached
    /// The program ended, with an exit status as a shell's `$?`.
    case ended(Int, String)
    case refused(String)
    /// Without a word.
    case closed
    /// The caller's terminal is gone.
    case hungUp
  }

  /// How long an engine may take to say hello, in milliseconds.
  private static let greetingTime: Duration = .seconds(10)
  /// What may be typed, or pasted, and wait for the program, in bytes. Then nothing more is read.
  private static let maximumTyped = 1 << 20

  private let socket: PacketSocket
  private let terminal: CallerTerminal
  private let isReadOnly: Bool
  private var watch: DetachWatch
  /// When the program gets what may be the beginning of the detach keys.
  private var release: Deadline?
  /// What waits to be shown.
  private var output: ArraySlice<UInt8> = []
  /// What was typed and waits to be sent.
  private var typed: ArraySlice<UInt8> = []
  /// What else waits to be sent.
  private var notices: [ViewerMessage] = []
  private var end: End?

  init(_ socket: PacketSocket, on terminal: CallerTerminal, keys: DetachKeys, readOnly: Bool) {
    self.socket = socket
    self.terminal = terminal
    isReadOnly = readOnly
    watch = DetachWatch(keys)
  }

  // MARK: Hello

  /// Returns when engine and viewer know each other; why not, where they do not.
  func greet() -> End? {
    notices = [.hello(ViewerHello(size: terminal.size, readOnly: isReadOnly, within: CallAround.session))]
    send()
    let deadline = Deadline(in: Self.greetingTime)
    while end == nil {
      switch socket.receive() {
      case .packet(let packet):
        do throws(TerminalProtocolError) {
          switch try TerminalMessage(packet) {
          case .hello(TerminalProtocol.version): return nil
          case .hello(let version): return .refused("the engine speaks version \(version) of the viewer protocol")
          case .refused(let why): return .refused(why)
          default: return .refused("the engine did not begin with hello")
          }
        } catch { return .refused(error.description) }
      case .tooLong: return .refused("the engine sent an oversized packet")
      case .gone: return .closed
      case .nothing:
        var polled = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
        guard deadline.milliseconds > 0 else { return .refused("the engine does not answer") }
        _ = poll(&polled, 1, deadline.milliseconds)
      }
    }
    return end
  }

  // MARK: The view

  func run() -> End {
    output += terminal.greeting
    while end == nil || (!output.isEmpty && end != .detached && end != .hungUp) {
      var polled = [
        pollfd(fd: terminal.events, events: Int16(POLLIN), revents: 0),
        // One whose other end is gone would be told of for ever while nothing is to be done with it.
        pollfd(fd: end == nil && socketEvents != 0 ? socket.descriptor : -1, events: Int16(socketEvents), revents: 0),
        pollfd(fd: typed.count < Self.maximumTyped ? terminal.input : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: output.isEmpty ? -1 : terminal.output, events: Int16(POLLOUT), revents: 0),
      ]
      let count = poll(&polled, nfds_t(polled.count), release?.milliseconds ?? -1)
      if polled[2].revents == 0 || count == 0 { releaseKeys() }
      guard count > 0 else { continue }
      if polled[0].revents != 0 { noteEvents() }
      if polled[2].revents != 0 { read() }
      if polled[3].revents != 0 { write() }
      if polled[1].revents != 0, output.isEmpty { receive() }
      if end == nil { send() }
    }
    return end ?? .closed
  }

  private var socketEvents: Int32 {
    (output.isEmpty ? POLLIN : 0) | (notices.isEmpty && typed.isEmpty ? 0 : POLLOUT)
  }

  private func noteEvents() {
    let events = terminal.nextEvents()
    guard !events.isEmpty else { return }
    // Only the newest size counts.
    notices.removeAll { if case .size = $0 { true } else { false } }
    if let size = terminal.size { notices.append(.size(size)) }
    if events.contains(.resized) { terminal.noteSize() }
    guard events.contains(.continued) else { return }
    // The engine believes that the terminal is as it was before.
    output += terminal.restoring
    if !notices.contains(.repaint) { notices.append(.repaint) }
  }

  private func read() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(terminal.input, &buffer, buffer.count)
    if count < 0 && (errno == EINTR || errno == EAGAIN) { return }
    guard count > 0 else { return end = .hungUp }
    type(watch.pass(buffer[..<count]))
    release = watch.pause.map { Deadline(in: .milliseconds($0)) }
    if watch.isDetached {
      send()
      end = .detached
    }
  }

  private func type(_ keys: [UInt8]) {
    if !isReadOnly { typed += keys }
  }

  private func releaseKeys() {
    guard let release, release.milliseconds == 0 else { return }
    type(watch.release())
    self.release = nil
  }

  private func write() {
    let count = output.withUnsafeBytes { Glibc.write(terminal.output, $0.baseAddress, min($0.count, 4096)) }
    if count >= 0 {
      output = output.dropFirst(count)
    } else if errno != EINTR && errno != EAGAIN {
      end = .hungUp
    }
  }

  private func receive() {
    switch socket.receive() {
    case .nothing: break
    case .gone: end = end ?? .closed
    case .tooLong: end = .refused("the engine sent an oversized packet")
    case .packet(let packet):
      do throws(TerminalProtocolError) { take(try TerminalMessage(packet)) } catch {
        end = .refused(error.description)
      }
    }
  }

  private func take(_ message: TerminalMessage) {
    switch message {
    case .output(let bytes): show(bytes)
    case .repaint(let leftOut) where leftOut > 0 && !terminal.isOnAlternateScreen:
      show(Array("\u{1B}\\\u{1B}[0m\r\n[\(leftOut) bytes skipped]\r\n".utf8))
    case .detached: end = .detached
    case .repaint, .hello, .places, .unknown: break
    case .ended(let status, let text): end = .ended(status, text)
    case .refused(let why): end = .refused(why)
    }
  }

  private func show(_ bytes: [UInt8]) {
    output += terminal.taking(bytes)
  }

  private func send() {
    while let notice = notices.first {
      guard sent(notice) else { return }
      notices.removeFirst()
    }
    while !typed.isEmpty {
      let piece = typed.prefix(TerminalProtocol.maximumData)
      guard sent(.input(Array(piece))) else { return }
      typed = typed.dropFirst(piece.count)
    }
  }

  private func sent(_ message: ViewerMessage) -> Bool {
    switch socket.send(message.encoded) {
    case .whole: return true
    // What the engine said last is still to be read.
    case .gone: (notices, typed) = ([], [])
    case .full: break
    }
    return false
  }
}
