// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  internal import CLinphone
  internal import Glibc
  internal import Synchronization

  /// liblinphone's own log, on standard error: a few lines, however much it has to say.
  enum LinphoneLog {
    enum Level {
      case errors
      case warnings
    }

    static var level: Level {
      get { state.withLock { $0.level } }
      set { state.withLock { $0.level = newValue } }
    }

    /// So many lines in so many seconds; oRTP can say the same for every packet.
    private static let burst = 20
    private static let period = 10

    private struct State {
      var level = Level.errors
      var isStarted = false
      var periodStart = 0
      var lines = 0
      var leftOut = 0
    }

    /// Behind a mutex: mediastreamer's threads log, too.
    private static let state = Mutex(State())

    /// May be called more than once.
    static func start() {
      let isFirst = state.withLock { state in
        defer { state.isStarted = true }
        return !state.isStarted
      }
      guard isFirst else { return }
      let service = linphone_logging_service_get()
      linphone_logging_service_set_log_level(service, LinphoneLogLevelWarning)
      let callbacks = linphone_factory_create_logging_service_cbs(linphone_factory_get())
      linphone_logging_service_cbs_set_log_message_written(callbacks) { _, domain, level, message in
        guard let message else { return }
        let isError = level.rawValue >= LinphoneLogLevelError.rawValue
        let name = domain.map(String.init(cString:)) ?? "linphone"
        LinphoneLog.write("\(name): \(String(cString: message))\n", isError: isError)
      }
      linphone_logging_service_add_callbacks(service, callbacks)
      linphone_logging_service_cbs_unref(callbacks)
    }

    private static func write(_ line: String, isError: Bool) {
      let text = state.withLock { state -> String? in
        guard isError || state.level == .warnings else { return nil }
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        var note = ""
        if now.tv_sec - state.periodStart >= period {
          if state.leftOut > 0 { note = "linphone: \(state.leftOut) lines were left out\n" }
          (state.periodStart, state.lines, state.leftOut) = (now.tv_sec, 0, 0)
        }
        guard state.lines < burst else {
          state.leftOut += 1
          return nil
        }
        state.lines += 1
        return note + line
      }
      guard let text else { return }
      _ = text.withCString { Glibc.write(STDERR_FILENO, $0, strlen($0)) }
    }
  }
#endif
