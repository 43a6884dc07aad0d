// SPDX-License-Identifier: Apache-2.0

/// What is known of the process that a call runs, or has adopted.
public struct ProgramStatus: Sendable, Equatable {
  public var process: Int?
  /// 0…255, or 128 plus the number of the signal that killed it; nil while it runs.
  public var exitStatus: Int?
  /// The size of its terminal. These, and the viewers, are nil where it has none.
  public var columns: Int?
  public var rows: Int?
  /// How many terminals are attached to it.
  public var viewers: Int?
  /// How many seconds it may take to exit after a hang-up, where it was adopted.
  public var hangUpGrace: Int?

  public init(process: Int? = nil) { self.process = process }

  /// What an engine has told, which knows nothing of the rest.
  package mutating func take(_ told: ProgramStatus) {
    (process, columns, rows, viewers) = (told.process, told.columns, told.rows, told.viewers)
  }
}

/// A row for each key of a session's `Program`.
extension ProgramStatus: BusDictionary {
  package init() { self.init(process: nil) }

  /// nil where it has no keys.
  package init?(bus value: BusValue) {
    guard let entries = value.asDictionary, !entries.isEmpty else { return nil }
    self.init(entries)
  }

  package static let rows: [BusRow<Self>] = [
    BusRow("pid", \.process),
    BusRow("exit-status", \.exitStatus),
    BusRow("columns", \.columns),
    BusRow("rows", \.rows),
    BusRow("viewers", \.viewers),
    BusRow("hang-up-grace", \.hangUpGrace),
  ]
}
