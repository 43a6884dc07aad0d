// SPDX-License-Identifier: Apache-2.0
import Glibc
import OngoingCallDaemon

exit(Daemon.run(Array(CommandLine.arguments.dropFirst())))
