// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// The application that keeps a call, and how the user returns to it. Replaces Android's `Context`.
public struct CallContext: Sendable, Hashable {
  /// What ``OngoingCallService/launch(_:)`` keeps as the call.
  public enum Mode: Sendable, Hashable {
    /// The call that ``CallSession/join(_:settings:context:)`` placed, and that an engine of ongoingcalld carries.
    case host
    /// This process. It carries the call's media itself, and is the call until it exits or is released.
    case adopt
  }

  /// Where a click on the notification, or `ongoingcallctl return`, brings the user.
  public enum ReturnTarget: Sendable, Hashable {
    /// An application on the session bus, by its name: `org.example.App`. It must implement org.freedesktop.Application
    /// at the path that follows from its name (Desktop Entry Specification, "D-Bus Activation"), or at a path that you
    /// write after the name: `org.example.App/org/example/App`. It is activated, and started if necessary.
    case application(String)
    /// The absolute path of a program, and its arguments, which are passed on unchanged. It runs as a service of the
    /// user's manager. At most 64 strings and 8 KiB.
    case command([String])
  }

  /// The application's id: the name of its desktop file (`org.example.App`); at most 255 bytes. The desktop may show
  /// the application's icon and name with the call. Used by ``CallSession/join(_:settings:context:)`` and when this
  /// process is adopted.
  public var applicationID: String?
  /// The title that is shown to the user; at most 256 bytes. A title in the settings overrides it. In the notification,
  /// the title of a built notification overrides both.
  public var title: String?
  /// If nil, nothing is activated; only the listeners are told (``SessionStatusListener/onReturnRequested(_:)``).
  public var returnTarget: ReturnTarget?
  /// If nil: ``Mode/host`` if a call was joined, else ``Mode/adopt``.
  public var mode: Mode?
  /// How long an adopted process may take to exit after ``SessionStatusListener/onHangUpRequested(grace:)`` before it
  /// gets SIGTERM: whole seconds from 1 to 60. If nil, the daemon's default of 5 s applies.
  public var hangUpGrace: Duration?

  /// Creates a context. Omitted values are nil, which each property explains.
  public init(
    applicationID: String? = nil, title: String? = nil, returnTarget: ReturnTarget? = nil, mode: Mode? = nil,
    hangUpGrace: Duration? = nil
  ) {
    (self.applicationID, self.title, self.returnTarget) = (applicationID, title, returnTarget)
    (self.mode, self.hangUpGrace) = (mode, hangUpGrace)
  }
}
