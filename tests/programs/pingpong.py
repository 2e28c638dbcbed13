# SPDX-License-Identifier: MIT
"""pingpong.py TRIPS [cpu]: two threads send a byte to and fro; with `cpu` a third one computes meanwhile."""
import socket
import sys
import threading


def ping(end, trips, seen):
    for i in range(trips):
        end.sendall(bytearray([i % 251]))
        seen.extend(bytearray(end.recv(1)))


def pong(end, trips):
    for _ in range(trips):
        end.sendall(end.recv(1))


def compute(over):
    n = 0
    while not over:
        n += 1


def main(trips, cpu):
    left, right = socket.socketpair()
    seen, over = [], []
    players = [threading.Thread(target=ping, args=(left, trips, seen)),
               threading.Thread(target=pong, args=(right, trips))]
    others = [threading.Thread(target=compute, args=(over,))] if cpu else []
    for thread in others + players:
        thread.start()
    for thread in players:
        thread.join()
    over.append(True)
    for thread in others:
        thread.join()
    print("%d bytes came back, their sum is %d" % (len(seen), sum(seen)))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:] == ["cpu"])
