"""Where each page is, as Streamlit names it: below the project's folder, in the order of a lesson."""

HOME = "dashboard.py"
DATASET = "pages/1_Dataset.py"
AUGMENTATION = "pages/2_Augmentation.py"
TRAINING = "pages/3_Training.py"
RESULTS = "pages/4_Results.py"
CLASSIFY = "pages/5_Classify.py"
