# SPDX-License-Identifier: Apache-2.0
"""All faults, in the order of the table."""

from . import bus, crowd, daemon, engine, kills, network, nothing, notification, shortage, sleep, terminal

ALL = [
    nothing.Nothing(),
    terminal.Closed(),
    terminal.Terminated(),
    daemon.Killed(),
    kills.AmidCalls(200),
    daemon.Hung(),
    daemon.Restarted(),
    daemon.Replaced(),
    engine.Killed(),
    engine.Hung(),
    engine.KilledWithItsDaemon(),
    bus.Killed(),
    notification.ServerKilled(),
    network.Down(5),
    network.Down(30),
    network.AddressChanged(),
    sleep.Suspended(),
    shortage.FolderFull(),
    shortage.DescriptorsUsed(),
    crowd.Crowd(kills.Repeated(20)),
    crowd.Crowd(daemon.Hung()),
    crowd.Crowd(engine.Killed()),
    crowd.Crowd(bus.Killed()),
    crowd.Crowd(network.Down(5)),
]
