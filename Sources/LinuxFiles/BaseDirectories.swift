// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The folders of the XDG Base Directory Specification. A variable that is no absolute path counts as not set, as it says.
public struct BaseDirectories {
  private let variable: (String) -> String?

  /// - Parameter variable: nil where it is not set, or empty; by itself this process's own.
  public init(_ variable: @escaping (String) -> String? = { Environment[$0] }) { self.variable = variable }

  /// The user's own; nil where there is no home.
  public var configurationHome: String? { home("XDG_CONFIG_HOME", "/.config") }

  /// The user's own first.
  public var configuration: [String] {
    all(configurationHome, variable("XDG_CONFIG_DIRS") ?? "/etc/xdg")
  }

  /// The user's own first.
  public var data: [String] {
    all(home("XDG_DATA_HOME", "/.local/share"), variable("XDG_DATA_DIRS") ?? "/usr/local/share:/usr/share")
  }

  /// What is to outlive the machine's power; nil where there is no home.
  public var state: String? { home("XDG_STATE_HOME", "/.local/state") }

  /// What ends with the user's last session.
  public var runtime: String { variable("XDG_RUNTIME_DIR") ?? "/run/user/\(getuid())" }

  private func home(_ name: String, _ standard: String) -> String? {
    [variable(name), variable("HOME").map { $0 + standard }].compactMap(\.self).first { $0.hasPrefix("/") }
  }

  private func all(_ own: String?, _ shared: String) -> [String] {
    [own].compactMap(\.self) + shared.split(separator: ":").filter { $0.hasPrefix("/") }.map(String.init)
  }
}
