"""An enterprise of the register (企业库), and who answers for it on each line.

    (nothing) --register--> Registered --amend / change standing / change custody / assign / verify loss /
                                         tag / prefer / miss / find / survey--> Registered

Served are all surviving enterprises, no individual businesses and no farmers' co-operatives (方案 三(二)); a standing
outside the four surviving ones takes it out of scope from its day on, and it may come back. On each line exactly one unit
answers from a day on until the next assignment (方案 三(一), 五(一)). A census tells what was found of it (方案 四(一)4).
Its size class (国统字〔2017〕213号) follows from industry, staff, revenue and assets and is said anew whenever it changes.
"""
