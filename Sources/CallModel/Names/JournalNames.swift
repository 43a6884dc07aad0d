// SPDX-License-Identifier: Apache-2.0

/// Fields that the daemon adds to its journal entries (systemd.journal-fields(7)); upper-case by that page's rule.
public enum JournalField {
  public static let session = "ONGOINGCALL_SESSION"
  public static let event = "ONGOINGCALL_EVENT"
  public static let reason = "ONGOINGCALL_REASON"
  public static let detail = "ONGOINGCALL_DETAIL"
  /// `1` or `0`: whether the call is now muted, or on hold.
  public static let muted = "ONGOINGCALL_MUTED"
  public static let onHold = "ONGOINGCALL_ON_HOLD"
  public static let state = "ONGOINGCALL_STATE"
  public static let engine = "ONGOINGCALL_ENGINE"
  public static let title = "ONGOINGCALL_TITLE"
  public static let uri = "ONGOINGCALL_URI"
  /// The program that runs as the call, and its arguments, as a shell takes them.
  public static let command = "ONGOINGCALL_COMMAND"
  /// The program's process.
  public static let process = "ONGOINGCALL_PROCESS"
  public static let exitStatus = "ONGOINGCALL_EXIT_STATUS"
  public static let sequence = "ONGOINGCALL_SEQUENCE"
  public static let duration = "ONGOINGCALL_DURATION_USEC"
  /// Where a problem of the configuration is, as systemd's own entries have it.
  public static let configurationFile = "CONFIG_FILE"
  public static let configurationLine = "CONFIG_LINE"
  /// A ``ReturnWay``.
  public static let returnWay = "ONGOINGCALL_RETURN"
  /// The unit the entry is about, so that `journalctl --user -u UNIT` of the engine shows it too.
  public static let aboutUnit = "USER_UNIT"
}

/// One MESSAGE_ID for each kind of life event, documented in the journal catalog (`systemd/ongoingcall.catalog`).
public enum MessageID {
  public static let launched = "5b1e62c8f1d34a0cb0f6a6f8a4c3b1d0"
  public static let joined = "a4d7f0c2be9e4d63a8a5d2f41c0e7b91"
  public static let left = "c94f6a0e7d0b4f7b9a33e8d15b2c6f02"
  public static let timedOut = "0f3c8b7a52d94e1f8d6e4b9a7c1f5e23"
  public static let connectionLost = "e8a25d914c6b4b0d9f7a3c2e1b8d6f44"
  public static let connectionRestored = "71c9e5b3a8f24d06b2e4f6d8a0c1b355"
  public static let connectionClosed = "3d6f9a1c5e7b4820a9c3e5f7b1d2a466"
  public static let launchFailed = "96b8d0f2a4c64e18b7d9f1a3c5e2b577"
  public static let returned = "b7e4d19a6c3f4e52a0d8c1f5e9b27a68"
  public static let returnFailed = "4c8f2e6b1d9a47038e5b7a0c3f6d1e99"
  public static let hangUpRequested = "23d0f654c0a14e979641c1367a929461"
  public static let ready = "2a4c6e8f0b1d43579f8e6d4c2b0a1688"
  public static let endsAtLogout = "631a757b8be54b28922c2382ff3632e9"
  public static let lingeringOn = "3a9ee077686e4c42b9b246646f9eecd2"
  public static let lingeringOff = "42d32812b04f4f06badcd524760dfbfc"
  public static let recordSkipped = "d83ca62af1e54947a50ddbdd02affd6b"

  /// The MESSAGE_ID of a life event; nil for events that have none.
  public static func of(event name: String) -> String? {
    switch EventName(rawValue: name) {
    case .launched: launched
    case .joined: joined
    case .left: left
    case .timedOut: timedOut
    case .connectionLost: connectionLost
    case .connectionRestored: connectionRestored
    case .connectionClosed: connectionClosed
    case .launchFailed: launchFailed
    case .hangUpRequested: hangUpRequested
    default: nil
    }
  }
}
