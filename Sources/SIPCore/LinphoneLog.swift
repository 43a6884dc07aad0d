// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  internal import CLinphone
  internal import Glibc

  /// liblinphone's own log: warnings and errors, on standard error.
  enum LinphoneLog {
    /// May be called more than once.
    static func start() {
      let service = linphone_logging_service_get()
      linphone_logging_service_set_log_level(service, LinphoneLogLevelWarning)
      let callbacks = linphone_factory_create_logging_service_cbs(linphone_factory_get())
      linphone_logging_service_cbs_set_log_message_written(callbacks) { _, domain, level, message in
        guard level.rawValue >= LinphoneLogLevelWarning.rawValue, let message else { return }
        let name = domain.map(String.init(cString:)) ?? "linphone"
        let line = "\(name): \(String(cString: message))\n"
        _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
      }
      linphone_logging_service_add_callbacks(service, callbacks)
      linphone_logging_service_cbs_unref(callbacks)
    }
  }
#endif
