#!/usr/bin/env python3
"""What counts as a figure, on what dnsperf 2.10 and wrk 4.1 print.   bench/figures_test.py"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from bench import figures  # noqa: E402

DNSPERF = """Statistics:

  Queries sent:         {sent}
  Queries completed:    {completed} (100.00%)
  Queries lost:         {lost} (0.00%)

  Response codes:       {codes}
  Average packet size:  request 35, response 51
  Run time (s):         5.000831
  Queries per second:   119979.659201
"""
WRK = """  Thread Stats   Avg      Stdev     Max   +/- Stdev
  Latency Distribution
     50%  230.00us
     75%  290.00us
     90%    0.41ms
     99%    1.20ms
  300001 requests in 5.10s, 60.00MB read
{more}Requests/sec:  58823.70
Transfer/sec:     11.76MB
"""


def dnsperf(lost, sent=600000, codes=None):
    return DNSPERF.format(sent=sent, lost=lost, completed=sent - lost,
                          codes=codes or f"NOERROR {sent - lost} (100.00%)")


class FiguresTest(unittest.TestCase):
    def test_two_lost_datagrams_in_600000_are_counted_and_do_not_end_the_run(self):
        self.assertEqual(figures.dnsperf(dnsperf(2)), (119979.659201, 2, 600000))
        self.assertEqual(figures.dnsperf(dnsperf(0))[1], 0)

    def test_many_lost_datagrams_are_no_figure(self):
        with self.assertRaisesRegex(SystemExit, "61 of 600000 queries were lost"):
            figures.dnsperf(dnsperf(61))
        with self.assertRaises(SystemExit):
            figures.dnsperf(dnsperf(0, sent=0))

    def test_answers_with_errors_are_no_figure(self):
        with self.assertRaisesRegex(SystemExit, "SERVFAIL"):
            figures.dnsperf(dnsperf(0, codes="NOERROR 599999 (99.99%), SERVFAIL 1 (0.01%)"))

    def test_output_without_figures_is_said_to_be(self):
        with self.assertRaisesRegex(SystemExit, "Queries sent"):
            figures.dnsperf("Error: unable to open /etc/resolv.conf\n")

    def test_requests_that_were_answered_with_errors_are_no_figure(self):
        self.assertEqual(figures.wrk(WRK.format(more="")), (58823.7, 0.23, 1.2))
        with self.assertRaises(SystemExit):
            figures.wrk(WRK.format(more="  Non-2xx or 3xx responses: 1\n"))


if __name__ == "__main__":
    unittest.main()
