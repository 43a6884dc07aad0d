// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A text may begin with its journal priority, such as "<4>", which must stay in front.
func complain(_ text: String) {
  let priority = text.first == "<" && text.dropFirst(2).first == ">" ? text.prefix(3) : ""
  let line = "\(priority)ongoingcall-sip: \(text.dropFirst(priority.count))\n"
  _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
}

/// Nothing here waits for the journal, and neither do the libraries, which write to standard error at any time and from
/// any thread: what the journal cannot take is lost. Its socket belongs to this process only.
func leaveJournalUnwaited() {
  var status = stat()
  guard fstat(STDERR_FILENO, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
  _ = fcntl(STDERR_FILENO, F_SETFL, fcntl(STDERR_FILENO, F_GETFL) | O_NONBLOCK)
}

#if SIP
  import CallMedia

  leaveJournalUnwaited()
  CallMedia.saveMemory()
  PluginRegistry.choose()
  switch CommandLine.arguments.dropFirst() {
  case ["--devices"]:
    do {
      try DeviceList.print()
    } catch {
      complain("\(error)")
      exit(EX_UNAVAILABLE)
    }
  case ["--warm-up"]: CallMedia.warmUp()
  case ["--test-account"]:
    do {
      _exit(try AccountTest(AccountTest.read()).run() ? 0 : 1)
    } catch {
      complain("\(error)")
      _exit(EX_DATAERR)
    }
  case []:
    do {
      try Engine().run()
    } catch {
      complain("\(error)")
      exit(1)
    }
    // Not exit(): GStreamer's threads may still be running while its destructors run.
    _exit(0)
  default:
    complain(
      "usage: ongoingcall-sip [--devices | --warm-up | --test-account]; without an option, it runs as an engine of ongoingcalld"
    )
    exit(EX_USAGE)
  }
#else
  complain("built without the SIP trait (sofia-sip, GStreamer); rebuild it with: swift build --traits SIP")
  exit(EX_UNAVAILABLE)
#endif
