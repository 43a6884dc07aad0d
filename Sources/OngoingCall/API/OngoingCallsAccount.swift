// SPDX-License-Identifier: Apache-2.0
package import CallModel

extension OngoingCalls {
  /// A SIP account of the user, at one time.
  public struct Account: Sendable, Hashable, Identifiable {
    /// The state of an account.
    public enum State: Sendable, Hashable {
      /// Calls can go through it.
      case ready
      /// A call goes through it, and registers it with the server first.
      case registering
      /// It is registered, for at least one call.
      case registered
      /// Calls cannot go through it, because it is not enabled.
      case disabled
      /// It has no password: calls fail if the server asks for one.
      case noPassword
      /// Its file is wrong, or the last registration did not succeed: see ``Account/lastError``.
      case failed
      /// A state that this version does not know, by its name in the D-Bus API.
      case other(String)
    }

    /// What ``SessionSettings/account`` takes.
    public let id: String
    /// What it is called where its address is not to be known.
    public var label = ""
    /// The display name and the address, as `Me <sip:me@example.org>`; the address alone if it has no name; "" if its
    /// file is wrong.
    public var identity = ""
    /// The address, or "" if its file is wrong.
    public var address = ""
    /// Whether the app may call through it. False only in a sandbox.
    public var isPermitted = true
    /// Whether calls go through it if no account is named.
    public var isDefault = false
    /// Whether calls can go through it.
    public var isEnabled = true
    /// The state.
    public var state = State.ready
    /// When the registration ends unless it is refreshed: microseconds since 1970-01-01 00:00 UTC. Nil if it is not
    /// registered.
    public var registeredUntil: UInt64?
    /// What is wrong, as a line for people, or nil.
    public var lastError: String?

    /// Creates an enabled account of which nothing else is known, as for a test of an app.
    public init(id: String) { self.id = id }
  }
}

extension OngoingCalls.Account {
  /// What to call it, on one line: its identity, or its label, or its id.
  public var displayName: String {
    CallText.line([identity, label, id].first { !$0.isEmpty } ?? id, limit: 80)
  }

  package init(_ info: AccountInfo) {
    self.init(id: info.id)
    (label, identity, address) = (info.label, info.identity, info.address)
    (isPermitted, isDefault, isEnabled) = (info.isPermitted, info.isDefault, info.isEnabled)
    state = State(info.state)
    registeredUntil = info.registeredUntil == 0 ? nil : info.registeredUntil
    lastError = info.lastError.isEmpty ? nil : info.lastError
  }
}

extension OngoingCalls.Account.State {
  init(_ name: String) {
    self =
      switch AccountState(rawValue: name) {
      case .ready: .ready
      case .registering: .registering
      case .registered: .registered
      case .disabled: .disabled
      case .noPassword: .noPassword
      case .failed: .failed
      case nil: .other(name)
      }
  }
}
