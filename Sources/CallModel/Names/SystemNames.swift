// SPDX-License-Identifier: Apache-2.0

/// The daemon's own unit.
public enum DaemonName {
  public static let executable = "ongoingcalld"
  public static let unit = "ongoingcalld.service"
  public static let version = "0.1.0"
  /// The name of its desktop file, and what windows that it opens belong to.
  public static let applicationID = "org.ongoingcall.OngoingCall"
  /// The name of its translations (gettext(3)).
  public static let textDomain = "ongoingcall"
}

/// What a desktop knows the project by: the name of its desktop file and of its icon.
public enum DesktopName {
  public static let application = "org.ongoingcall.OngoingCall"
}

/// The control tool.
public enum ToolName {
  public static let control = "ongoingcallctl"
}

/// The window that shows calls.
public enum WindowName {
  public static let executable = "ongoingcall-window"
  /// The name of its desktop file, and what the one process of it has on the bus.
  public static let application = "org.ongoingcall.OngoingCall.Window"
}

/// An engine that is asked for more than calls.
package enum EngineName {
  /// It tests accounts, too.
  package static let sip = "sip"
}

/// Settings of the engine ``EngineName/sip`` that have names of their own elsewhere.
package enum EngineSetting {
  package static let encryption = "encryption"
  package static let keyExchange = "key-exchange"
  package static let anonymous = "anonymous"
}

/// What stores passwords in the user's keyring.
public enum SecretName {
  public static let executable = "ongoingcall-secret"
  /// The Secret Service on the session bus.
  public static let service = "org.freedesktop.secrets"
}

/// The credentials of the daemon's unit (systemd.exec(5), `LoadCredential=`).
package enum CredentialName {
  /// The password of an account.
  package static func password(_ account: AccountID) -> String { name(account.description) }

  package static func name(_ account: String) -> String { "ongoingcall.password.\(account)" }
}

/// The unit an engine runs in: `app-ongoingcall-ENGINE@ID.service`
/// (`app[-<launcher>]-<ApplicationID>[@<RANDOM>].service` in the XDG desktop environment rules of systemd).
public enum EngineUnit {
  public static let prefix = "app-ongoingcall-"
  public static let suffix = ".service"
  /// Ends all calls, adopted ones too, with or without a daemon.
  public static let commandToStopAll = "systemctl --user stop '\(prefix)*'"

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

/// The unit that an adopted process is moved to, with what it has forked: `app-ongoingcall-adopted-ID.scope`
/// (`app[-<launcher>]-<ApplicationID>-<RANDOM>.scope` in the XDG desktop environment rules of systemd).
public enum AdoptedUnit {
  public static let prefix = "app-ongoingcall-adopted-"
  public static let suffix = ".scope"

  public static func name(session: String) -> String { prefix + session + suffix }

  /// The session in the name of an adopted process's unit, or nil for any other unit.
  public static func session(inUnit name: String) -> String? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
    return String(name.dropFirst(prefix.count).dropLast(suffix.count))
  }
}

/// Names in the service manager's fd store (sd_pid_notify_with_fds(3), `FDNAME=`).
public enum StoredFD {
  public static let channelPrefix = "channel."
  public static func channel(_ session: String) -> String { channelPrefix + session }
  public static let processPrefix = "pidfd."
  public static func process(_ session: String) -> String { processPrefix + session }
}

/// Environment variables.
public enum EnvironmentName {
  /// systemd.exec(5), `RuntimeDirectory=`: where a process may keep its runtime files.
  public static let runtimeDirectory = "RUNTIME_DIRECTORY"
  /// systemd.exec(5): the number of the process that a service manager has started with it.
  public static let serviceProcess = "SYSTEMD_EXEC_PID"
  /// Where translations are, by gettext's convention (gettext.sh).
  public static let textDomainDirectory = "TEXTDOMAINDIR"
  public static let configurationHome = "XDG_CONFIG_HOME"
  public static let configurationDirectories = "XDG_CONFIG_DIRS"
  /// systemd.exec(5), `LoadCredential=`: where a service's credentials are.
  public static let credentialsDirectory = "CREDENTIALS_DIRECTORY"
  public static let stateHome = "XDG_STATE_HOME"
  public static let dataHome = "XDG_DATA_HOME"
  public static let dataDirectories = "XDG_DATA_DIRS"
  /// Set for engines and what they run: the session's id.
  public static let session = "ONGOINGCALL_SESSION"
  /// Let a window that is opened come to the front (xdg-activation; Startup Notification Protocol).
  public static let activationToken = "XDG_ACTIVATION_TOKEN"
  public static let desktopStartupID = "DESKTOP_STARTUP_ID"
  /// What shows long output of the control tool; before `PAGER`.
  public static let pager = "ONGOINGCALL_PAGER"
  /// The desktop's names, between colons (Desktop Entry Specification).
  public static let currentDesktop = "XDG_CURRENT_DESKTOP"
  /// The user's terminal emulator, by a convention.
  public static let terminal = "TERMINAL"
  /// Where a program finds the user's screen: X11's, and Wayland's.
  public static let displays = ["DISPLAY", "WAYLAND_DISPLAY"]
}

/// Where files are, below the directories of the XDG Base Directory Specification.
public enum DataPath {
  /// Below a data directory (`$XDG_DATA_HOME`, `$XDG_DATA_DIRS`).
  public static let engines = "ongoingcall/engines"
  public static let engineFileSuffix = ".json"
  /// Below `$XDG_STATE_HOME`.
  public static let state = "ongoingcall"
  public static let passwords = "ongoingcall/passwords"
  /// Below a configuration directory (`$XDG_CONFIG_HOME`, `$XDG_CONFIG_DIRS`), or a data directory.
  public static let configuration = "ongoingcall/ongoingcalld.conf"
  public static let configurationSuffix = ".conf"
  /// Below `$XDG_CONFIG_HOME`.
  public static let accounts = "ongoingcall/accounts"
}
