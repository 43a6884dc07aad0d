// SPDX-License-Identifier: Apache-2.0

/// The capabilities of a notification server (Desktop Notifications Specification, "GetCapabilities").
public struct ServerTraits: Sendable, Equatable {
  public var name: String
  public var capabilities: Set<String>

  public init(name: String, capabilities: Set<String>) {
    self.name = name
    self.capabilities = capabilities
  }

  public var showsActions: Bool { capabilities.contains("actions") }
  /// Xfce's server also shows a button for the click.
  public var showsTapAsButton: Bool { name == "Xfce Notify Daemon" }
  public var showsBody: Bool { capabilities.contains("body") }
  public var readsMarkup: Bool { capabilities.contains("body-markup") }
  /// Whether a notification stays until the user or its sender removes it.
  public var isPersistent: Bool { capabilities.contains("persistence") }
}
