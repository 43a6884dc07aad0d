// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import Glibc

  /// SIGTERM and SIGINT, as something to ask for instead of something that interrupts.
  ///
  /// To be made before any thread is: threads inherit that these signals are blocked.
  struct StopSignals {
    private var set = sigset_t()

    init() {
      sigemptyset(&set)
      sigaddset(&set, SIGTERM)
      sigaddset(&set, SIGINT)
      pthread_sigmask(SIG_BLOCK, &set, nil)
      // The terminal that the call was placed from may go.
      _ = signal(SIGHUP, SIG_IGN)
    }

    mutating func wantStop() -> Bool {
      var none = timespec()
      return sigtimedwait(&set, nil, &none) > 0
    }
  }
#endif
