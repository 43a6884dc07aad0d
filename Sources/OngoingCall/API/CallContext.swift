// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// Who keeps a call: the application, and how the user gets back to it. In the place of Android's `Context`.
public struct CallContext: Sendable, Hashable {
  /// What the call is, for ``OngoingCallService/launch(_:)``.
  public enum Mode: Sendable, Hashable {
    /// The call that was placed by ``CallSession/join(_:settings:context:)``, which an engine of ongoingcalld's carries.
    case host
    /// This process. It has its own media, and is the call until it ends or is released.
    case adopt
  }

  /// Where a tap on the notification, or `ongoingcallctl return`, brings the user.
  public enum ReturnTarget: Sendable, Hashable {
    /// An application on the session bus, by its name: `org.example.App`. It has org.freedesktop.Application at the
    /// path that the Desktop Entry Specification gives it ("D-Bus Activation"), or at one that is written after the
    /// name: `org.example.App/org/example/App`. It is activated, started if need be.
    case application(String)
    /// A program, by its absolute path, and its arguments, which arrive in it as they are. It is run as a service of
    /// the user's manager. At most 64 strings and 8 KiB.
    case command([String])
  }

  /// The application's id, as in its desktop file's name (`org.example.App`); at most 255 bytes. Its icon and name may
  /// be shown with the call. Used by ``CallSession/join(_:settings:context:)`` and when this process is adopted.
  public var applicationID: String?
  /// Shown to the user; at most 256 bytes. The settings' title counts more, where there are settings, and the title of
  /// a built notification in that.
  public var title: String?
  /// nil: the user is not brought anywhere; the application is told (``SessionStatusListener/onReturnRequested(_:)``).
  public var returnTarget: ReturnTarget?
  /// nil: ``Mode/host`` where a call was joined, else ``Mode/adopt``.
  public var mode: Mode?
  /// How long an adopted process has to end by itself after ``SessionStatusListener/onHangUpRequested(grace:)``, before
  /// it gets SIGTERM: whole seconds from 1 to 60; nil is the daemon's default, 5 s.
  public var hangUpGrace: Duration?

  /// What is left out is as the property of that name says of nil.
  public init(
    applicationID: String? = nil, title: String? = nil, returnTarget: ReturnTarget? = nil, mode: Mode? = nil,
    hangUpGrace: Duration? = nil
  ) {
    (self.applicationID, self.title, self.returnTarget) = (applicationID, title, returnTarget)
    (self.mode, self.hangUpGrace) = (mode, hangUpGrace)
  }
}
