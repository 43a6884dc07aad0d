// SPDX-License-Identifier: Apache-2.0

/// Constants of the viewer protocol, by which an engine shows a program's terminal to viewers.
///
/// It is described with the engine protocol (EngineChannel.docc): one message a packet, a byte for its type first.
public enum TerminalProtocol {
  public static let version = 1
  /// The most bytes of output or of input in one message.
  public static let maximumData = 16 * 1024
  /// The longest message, its type included.
  public static let maximumMessage = 1 + maximumData
  /// The longest text for people, in bytes.
  public static let maximumText = 512
  /// The most columns or rows of a terminal; more is taken for as many.
  public static let maximumSide = 4096
}

/// The size of a terminal, in characters.
public struct TerminalSize: Sendable, Equatable {
  public var columns: Int
  public var rows: Int

  /// nil where a side is unknown.
  public init?(columns: Int, rows: Int) {
    guard columns > 0, rows > 0 else { return nil }
    self.columns = min(columns, TerminalProtocol.maximumSide)
    self.rows = min(rows, TerminalProtocol.maximumSide)
  }
}

/// What the engine says to a viewer.
public enum TerminalMessage: Sendable, Equatable {
  /// Always the first.
  case hello(version: Int)
  /// What follows shows the terminal anew; so many bytes of what was printed are not shown.
  case repaint(leftOut: Int)
  /// What the program printed, as it is.
  case output([UInt8])
  /// The last: the program ended, with an exit status as a shell's `$?`.
  case ended(exitStatus: Int, String)
  /// The last: the viewer is not served, or not any more.
  case refused(String)
  /// Of a type this version does not know: to be ignored.
  case unknown
}

/// What a viewer says to the engine.
public enum ViewerMessage: Sendable, Equatable {
  /// Always the first.
  case hello(version: Int, TerminalSize?, readOnly: Bool)
  /// What was typed, as it is.
  case input([UInt8])
  /// The viewer's size is another.
  case size(TerminalSize)
  /// Show the terminal anew.
  case repaint
  /// Of a type this version does not know: to be ignored.
  case unknown
}
