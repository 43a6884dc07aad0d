// SPDX-License-Identifier: Apache-2.0
import CLinux
import CallModel
import Glibc
import TerminalChannel
import TerminalScreen

/// The other side of a program's terminal.
///
/// The program's output is always read, and the end of it kept: a program must never wait because nobody looks.
final class Pseudoterminal {
  private static let usualColumns = 80
  private static let usualRows = 24
  /// The amount read at a time, so that viewers can follow.
  private static let piece = 64 * 1024

  /// The path with which the program opens it.
  let path: String
  /// To be polled for reading; -1 at the end of the output.
  private(set) var master: Int32
  /// Kept open, so that the master does not hang up while the program has closed its standard descriptors.
  private var slave: Int32
  /// As the program is to see it.
  private(set) var size: TerminalSize
  private(set) var scrollback = Scrollback()
  /// What it shows.
  private(set) var screen: VirtualScreen

  /// - Parameter columns: with `rows`, the first size, where it is known.
  init(columns: Int?, rows: Int?) throws(ProgramFailure) {
    guard let size = TerminalSize(columns: columns ?? Self.usualColumns, rows: rows ?? Self.usualRows) else {
      throw ProgramFailure(.refused, "the terminal cannot have a side without characters")
    }
    (self.size, screen) = (size, VirtualScreen(size: size))
    var pair = clinux_pseudoterminal()
    guard clinux_open_pseudoterminal(UInt16(size.rows), UInt16(size.columns), &pair) == 0 else {
      throw ProgramFailure(.refused, "cannot open a pseudo-terminal: \(errorText(errno))")
    }
    (master, slave) = (pair.master, pair.slave)
    path = withUnsafeBytes(of: pair.path) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  deinit {
    if master >= 0 { close(master) }
    if slave >= 0 { close(slave) }
  }

  /// Reads available output, at most about 1 MiB at a time, so that a flood does not delay others.
  ///
  /// - Parameter show: returns whether there is time for more now.
  func drain(_ show: () -> Bool) {
    var budget = 1 << 20
    while master >= 0, budget > 0, let count = read() {
      budget -= count
      guard show() else { return }
    }
  }

  /// Types, like a keyboard. Returns how many bytes were taken; the rest must wait until the master is writable.
  func type(_ bytes: ArraySlice<UInt8>) -> Int {
    // Nobody will ever read it.
    guard master >= 0 else { return bytes.count }
    let count = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
    return count > 0 ? count : errno == EAGAIN || errno == EINTR ? 0 : bytes.count
  }

  /// If the size changes, the program gets SIGWINCH.
  func resize(to size: TerminalSize) {
    guard size != self.size else { return }
    self.size = size
    screen.resize(to: size)
    var size = winsize(
      ws_row: UInt16(size.rows), ws_col: UInt16(size.columns), ws_xpixel: 0, ws_ypixel: 0)
    if master >= 0 { _ = ioctl(master, UInt(TIOCSWINSZ), &size) }
  }

  /// What the program has asked since it was taken last.
  func takeQuestions() -> [VirtualScreen.Question] {
    guard !screen.questions.isEmpty else { return [] }
    defer { screen.questions = [] }
    return screen.questions
  }

  /// Reads the rest of the output of a program that has exited: until its end of the terminal is closed, or, if a
  /// descendant still holds it, as far as the limits allow.
  func drainRest(_ show: () -> Void) {
    if slave >= 0 { close(slave) }
    slave = -1
    let end = monotonicMilliseconds() + 200
    var budget = 1 << 20
    while master >= 0, budget > 0 {
      if let count = read() {
        budget -= count
        show()
        continue
      }
      let left = end - monotonicMilliseconds()
      var readable = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
      guard master >= 0, left > 0, poll(&readable, 1, Int32(left)) > 0 else { return }
    }
  }

  /// The process group that reads the terminal's keyboard, if any.
  var foregroundGroup: pid_t? {
    let group = tcgetpgrp(master)
    return group > 0 ? group : nil
  }

  /// The number of bytes read; nil if there are none now.
  private func read() -> Int? {
    withUnsafeTemporaryAllocation(byteCount: Self.piece, alignment: 1) { buffer in
      let count = Glibc.read(master, buffer.baseAddress, buffer.count)
      if count > 0 {
        let printed = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        scrollback.append(printed)
        screen.take(printed)
        return count
      }
      if count == 0 || (errno != EAGAIN && errno != EINTR) {
        close(master)
        master = -1
      }
      return nil
    }
  }
}
