// SPDX-License-Identifier: Apache-2.0

/// Constants of the viewer protocol, with which an engine shows a program's terminal to viewers.
///
/// It is documented with the engine protocol (EngineChannel.docc): one message per packet, which begins with a byte for
/// its type.
public enum TerminalProtocol {
  public static let version = 1
  /// The most bytes of output or of input in one message.
  public static let maximumData = 16 * 1024
  /// The longest message, including its type.
  public static let maximumMessage = 1 + maximumData
  /// The longest text for people, in bytes.
  public static let maximumText = 512
  /// The maximum of columns and rows of a terminal; larger values are limited to it.
  public static let maximumSide = 4096
}

/// The size of a terminal, in characters.
public struct TerminalSize: Sendable, Equatable {
  public var columns: Int
  public var rows: Int

  /// nil if a side is unknown.
  public init?(columns: Int, rows: Int) {
    guard columns > 0, rows > 0 else { return nil }
    self.columns = min(columns, TerminalProtocol.maximumSide)
    self.rows = min(rows, TerminalProtocol.maximumSide)
  }
}

/// A message from the engine to a viewer.
public enum TerminalMessage: Sendable, Equatable {
  /// Always the first.
  case hello(version: Int)
  /// A repaint follows; so many bytes of the output are skipped.
  case repaint(leftOut: Int)
  /// The program's output, unchanged.
  case output([UInt8])
  /// The last message: the program exited, with an exit status like a shell's `$?`.
  case ended(exitStatus: Int, String)
  /// The last message: the engine does not, or no longer, serve this viewer.
  case refused(String)
  /// The sessions in whose terminals this one is shown, as far as viewers say so.
  case places([String])
  /// So many viewers were detached because one has asked for it; the last message of these.
  case detached(Int)
  /// A message of a type that this version does not know. Ignore it.
  case unknown
}

/// A message from a viewer to the engine.
public enum ViewerMessage: Sendable, Equatable {
  /// The first of whoever is to see something.
  case hello(ViewerHello)
  /// Typed input, unchanged.
  case input([UInt8])
  /// The viewer was resized.
  case size(TerminalSize)
  /// Repaint the terminal.
  case repaint
  /// In whose terminals is this one shown? It needs no hello.
  case places
  /// Detach all others. It needs no hello.
  case detachOthers
  /// A message of a type that this version does not know. Ignore it.
  case unknown
}

public struct ViewerHello: Sendable, Equatable {
  public var version: Int
  public var size: TerminalSize?
  public var isReadOnly: Bool
  /// The session in whose terminal the viewer runs.
  public var place: String?

  public init(
    version: Int = TerminalProtocol.version, size: TerminalSize?, readOnly: Bool = false, within place: String? = nil
  ) {
    (self.version, self.size, isReadOnly, self.place) = (version, size, readOnly, place)
  }
}
