// SPDX-License-Identifier: Apache-2.0

/// The daemon's own unit.
public enum DaemonName {
  public static let executable = "ongoingcalld"
  public static let unit = "ongoingcalld.service"
  public static let version = "0.1.0"
  /// The name of its translations (gettext(3)).
  public static let textDomain = "ongoingcall"
}

/// The control tool.
public enum ToolName {
  public static let control = "ongoingcallctl"
}

/// The unit an engine runs in: `app-ongoingcall-ENGINE@ID.service`
/// (`app[-<launcher>]-<ApplicationID>[@<RANDOM>].service` in the XDG desktop environment rules of systemd).
public enum EngineUnit {
  public static let prefix = "app-ongoingcall-"
  public static let suffix = ".service"

  public static func name(engine: String, session: String) -> String {
    prefix + engine.split(separator: "-", omittingEmptySubsequences: false).joined(separator: "\\x2d")
      + "@" + session + suffix
  }

  /// The session in the name of an engine's unit, or nil for any other unit.
  public static func session(inUnit name: String) -> String? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix), let at = name.firstIndex(of: "@") else { return nil }
    return String(name[name.index(after: at)...].dropLast(suffix.count))
  }
}

/// Names in the service manager's fd store (sd_pid_notify_with_fds(3), `FDNAME=`).
public enum StoredFD {
  public static let channelPrefix = "channel."
  public static func channel(_ session: String) -> String { channelPrefix + session }
}

/// Environment variables.
public enum EnvironmentName {
  /// systemd.exec(5), `RuntimeDirectory=`: where a process may keep its runtime files.
  public static let runtimeDirectory = "RUNTIME_DIRECTORY"
  /// Where translations are, by gettext's convention (gettext.sh).
  public static let textDomainDirectory = "TEXTDOMAINDIR"
  /// A setting of the daemon: the seconds after which a notification is posted again that was dismissed.
  public static let notificationPause = "ONGOINGCALL_NOTIFICATION_PAUSE"
  public static let dataHome = "XDG_DATA_HOME"
  public static let dataDirectories = "XDG_DATA_DIRS"
  /// Set for engines and what they run: the session's id.
  public static let session = "ONGOINGCALL_SESSION"
}

/// Where files are, below a data directory (`$XDG_DATA_HOME`, `$XDG_DATA_DIRS`).
public enum DataPath {
  public static let engines = "ongoingcall/engines"
  public static let engineFileSuffix = ".json"
}
