// SPDX-License-Identifier: Apache-2.0

/// How the registration of an account at its server fares.
public struct EngineRegistration: Sendable, Equatable {
  public enum State: String, Sendable, CaseIterable {
    case registering
    case registered
    /// It is tried again, unless `retry-in` is missing.
    case failed
    /// It has been removed.
    case removed
  }

  public var state: State
  /// In seconds, of a registered one.
  public var expiresIn: Int?
  /// In seconds, of a failed one; nil: not at all.
  public var retryIn: Int?
  /// Why it failed: a line for people.
  public var detail: String

  public init(_ state: State, expiresIn: Int? = nil, retryIn: Int? = nil, detail: String = "") {
    (self.state, self.expiresIn, self.retryIn, self.detail) = (state, expiresIn, retryIn, detail)
  }
}
